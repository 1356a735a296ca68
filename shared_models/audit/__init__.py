"""The audit trail as it goes over the wire."""

from shared_models.audit.wire import AuditEntry, AuditPage

__all__ = ["AuditEntry", "AuditPage"]

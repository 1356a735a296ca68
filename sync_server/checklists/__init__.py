"""Checklists on the server: the built-in ledger and templates."""

from sync_server.checklists.builtin import (
    TEMPLATE_FILES,
    BadChecklist,
    CauseCode,
    ItemDefinition,
    load_items,
    load_templates,
)

__all__ = ["TEMPLATE_FILES", "BadChecklist", "CauseCode", "ItemDefinition", "load_items", "load_templates"]

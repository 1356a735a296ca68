"""The registry of problems: one stable code per thing that can go wrong, the same on device and server.

A problem travels as ``application/problem+json`` (RFC 9457). Its title and what to do about it stand in the
message catalogue ``problems`` as ``problems.<code>.title`` and ``problems.<code>.todo``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared_models.messages import fill, words

TYPE_PREFIX = "urn:revisit:problem:"


class Code(StrEnum):
    """Every problem the product knows; the value is the stable code."""

    # access
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    ACCOUNT_REVOKED = "account_revoked"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    INVITATION_INVALID = "invitation_invalid"
    PERSON_INACTIVE = "person_inactive"
    PASSWORD_TOO_SHORT = "password_too_short"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_ALLOWED = "not_allowed"
    CLIENT_TOO_OLD = "client_too_old"
    # requests
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    INVALID_REQUEST = "invalid_request"
    TOO_LARGE = "too_large"
    CONFLICT = "conflict"
    INTERNAL = "internal"
    OVERLOADED = "overloaded"
    # sync
    UNKNOWN_ENTITY = "unknown_entity"
    UNKNOWN_FIELD = "unknown_field"
    INVALID_FIELD = "invalid_field"
    WAITING_PARENT = "waiting_parent"
    STALE_VERSION = "stale_version"
    ROW_DELETED = "row_deleted"
    SEQUENCE_REUSED = "sequence_reused"
    CURSOR_INVALID = "cursor_invalid"
    SERVER_RESTORED = "server_restored"
    # visits
    VISIT_SEALED = "visit_sealed"
    TRANSITION_NOT_ALLOWED = "transition_not_allowed"
    MANIFEST_MISMATCH = "manifest_mismatch"
    ANSWERS_MISSING = "answers_missing"
    EVIDENCE_MISSING = "evidence_missing"
    VISITOR_KNOWN = "visitor_known"
    EVIDENCE_INCOMPLETE = "evidence_incomplete"
    # checklists
    CHECKLIST_INVALID = "checklist_invalid"
    CHECKLIST_UNTRANSLATED = "checklist_untranslated"
    # appeals
    APPEAL_WINDOW_CLOSED = "appeal_window_closed"
    APPEAL_EXISTS = "appeal_exists"
    # media
    UPLOAD_VERSION = "upload_version"
    UPLOAD_TYPE = "upload_type"
    UPLOAD_OFFSET = "upload_offset"
    UPLOAD_CHECKSUM = "upload_checksum"
    UPLOAD_EXPIRED = "upload_expired"
    MEDIA_HASH_MISMATCH = "media_hash_mismatch"
    MEDIA_RETIRED = "media_retired"
    # plans
    PLAN_INCOMPLETE = "plan_incomplete"
    PLAN_NOT_JUDGED = "plan_not_judged"
    PERSON_NOT_AT_DEALER = "person_not_at_dealer"
    SUPERVISOR_IS_OWNER = "supervisor_is_owner"
    # imports
    FILE_UNREADABLE = "file_unreadable"
    MAPPING_UNKNOWN = "mapping_unknown"
    MAPPING_INVALID = "mapping_invalid"
    COLUMN_MISSING = "column_missing"
    ROW_REJECTED = "row_rejected"
    # device
    STORAGE_UNAVAILABLE = "storage_unavailable"
    STORAGE_FULL = "storage_full"
    OTHER_TAB_OPEN = "other_tab_open"
    SERVER_UNREACHABLE = "server_unreachable"
    APP_FAILED = "app_failed"
    PAPER_NOT_HERE = "paper_not_here"
    # operation
    PORT_BUSY = "port_busy"
    DATABASE_UNREACHABLE = "database_unreachable"
    DATABASE_TOO_NEW = "database_too_new"
    DATABASE_DAMAGED = "database_damaged"
    NOT_INITIALISED = "not_initialised"
    ALREADY_INITIALISED = "already_initialised"
    DISK_FULL = "disk_full"
    SERVER_FULL = "server_full"
    FOLDER_NOT_WRITABLE = "folder_not_writable"
    FOLDER_IN_USE = "folder_in_use"
    BACKUP_DAMAGED = "backup_damaged"
    RESCUE_DAMAGED = "rescue_damaged"
    RESCUE_WRONG_PERSON = "rescue_wrong_person"
    DATABASE_IN_USE = "database_in_use"
    SETTING_INVALID = "setting_invalid"
    TOOL_MISSING = "tool_missing"
    PWA_BUILD_FAILED = "pwa_build_failed"


STATUS: dict[Code, int] = {
    Code.SIGN_IN_FAILED: 401,
    Code.SIGNED_OUT: 401,
    Code.ACCOUNT_REVOKED: 401,
    Code.TOO_MANY_ATTEMPTS: 429,
    Code.INVITATION_INVALID: 401,
    Code.PERSON_INACTIVE: 409,
    Code.OUT_OF_SCOPE: 403,
    Code.NOT_ALLOWED: 403,
    Code.CLIENT_TOO_OLD: 426,
    Code.NOT_FOUND: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.TOO_LARGE: 413,
    Code.CONFLICT: 409,
    Code.STALE_VERSION: 409,
    Code.ROW_DELETED: 409,
    Code.VISIT_SEALED: 409,
    Code.TRANSITION_NOT_ALLOWED: 409,
    Code.VISITOR_KNOWN: 409,
    Code.CHECKLIST_UNTRANSLATED: 409,
    Code.APPEAL_WINDOW_CLOSED: 409,
    Code.APPEAL_EXISTS: 409,
    Code.SEQUENCE_REUSED: 409,
    Code.CURSOR_INVALID: 410,
    Code.SERVER_RESTORED: 409,
    Code.UPLOAD_VERSION: 412,
    Code.UPLOAD_TYPE: 415,
    Code.UPLOAD_OFFSET: 409,
    Code.UPLOAD_CHECKSUM: 460,
    Code.UPLOAD_EXPIRED: 410,
    Code.MEDIA_RETIRED: 410,
    Code.INTERNAL: 500,
    Code.OVERLOADED: 503,
    Code.STORAGE_FULL: 507,
    Code.DISK_FULL: 507,
    Code.SERVER_FULL: 507,
    Code.DATABASE_UNREACHABLE: 503,
    Code.NOT_INITIALISED: 503,
}
"""HTTP status per code; 422 where none is named."""


@dataclass(frozen=True)
class Place:
    """Where in the input a problem lies (row, column, field or question) and why, as problem code or text."""

    at: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """Plain JSON data."""
        return {"at": self.at, "reason": self.reason}


@dataclass(frozen=True)
class Reason:
    """Why something is as it is, as a key of the words: among a problem's values it is told in the reader's
    language. Its own values may hold reasons again."""

    key: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])

    def told(self, language: str) -> str:
        """In words."""
        return _filled(self.key, language, self.values)

    def __str__(self) -> str:
        return self.told("en")


@dataclass
class Problem(Exception):
    """Something expected that went wrong. Raise it anywhere; the edges turn it into words.

    ``values`` fill the placeholders of title and todo; they are shown to people, so they hold nothing secret
    and nothing from outside the reader's scope.
    """

    code: Code
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    places: list[Place] = field(default_factory=list[Place])

    def __post_init__(self) -> None:
        super().__init__(str(self.code))

    def __str__(self) -> str:
        return f"{self.code.value}: {self.title('en')}"

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return STATUS.get(self.code, 422)

    def title(self, language: str) -> str:
        """What went wrong, in words."""
        return _filled(f"problems.{self.code.value}.title", language, self.values)

    def todo(self, language: str) -> str:
        """What the person can do about it, in words."""
        return _filled(f"problems.{self.code.value}.todo", language, self.values)

    def to_json(self, language: str) -> dict[str, Any]:
        """The RFC 9457 object, with the code, the words of one language and the places."""
        body: dict[str, Any] = {
            "type": TYPE_PREFIX + self.code.value,
            "code": self.code.value,
            "title": self.title(language),
            "detail": self.todo(language),
            "status": self.status,
        }
        if self.values:
            body["values"] = {key: _plain(value, language) for key, value in self.values.items()}
        if self.places:
            body["places"] = [place.to_json() for place in self.places]
        return body


def from_json(body: dict[str, Any]) -> Problem:
    """The problem of an RFC 9457 object; an unknown code becomes INTERNAL with the code kept."""
    places = [Place(str(p.get("at", "")), str(p.get("reason", ""))) for p in body.get("places", [])]
    try:
        return Problem(Code(body.get("code", "")), dict(body.get("values", {})), places)
    except ValueError:
        return Problem(Code.INTERNAL, {"code": body.get("code", "")}, places)


def _filled(key: str, language: str, values: dict[str, Any]) -> str:
    text = words(language)(key)

    class _Kept(dict[str, Any]):
        def __missing__(self, name: str) -> str:
            return "…"

    told = {name: _plain(one, language) if isinstance(one, Reason) else one for name, one in values.items()}
    return fill(text, _Kept(told))


def _plain(value: object, language: str) -> str:
    return value.told(language) if isinstance(value, Reason) else str(value)

"""The fixed vocabularies of the domain: stages of a visit, RATER dimensions, sources.

Their names in both languages stand in the message catalogue ``checklists`` under
``checklists.stage.<value>``, ``checklists.rater.<value>`` and ``checklists.source.<value>``.
"""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Stages of a sales visit (which are also the nine cause categories), then of a service visit."""

    FACILITIES = "facilities"
    APPEARANCE = "appearance"
    RECEPTION = "reception"
    NEEDS = "needs"
    PRESENTATION = "presentation"
    TEST_DRIVE = "test_drive"
    NEGOTIATION = "negotiation"
    DELIVERY = "delivery"
    CARE = "care"
    SERVICE_APPOINTMENT = "service_appointment"
    SERVICE_RECEPTION = "service_reception"
    SERVICE_CONSULTATION = "service_consultation"
    SERVICE_ORDER = "service_order"
    SERVICE_WORKSHOP = "service_workshop"
    SERVICE_QUALITY = "service_quality"
    SERVICE_HANDOVER = "service_handover"
    SERVICE_FOLLOW_UP = "service_follow_up"


CAUSE_CATEGORIES: tuple[Stage, ...] = tuple(Stage)[:9]
"""The nine cause categories of the improvement method: the stages of a sales visit."""


class Rater(StrEnum):
    """Service-quality dimension (Parasuraman, Zeithaml & Berry 1988)."""

    RELIABILITY = "reliability"
    ASSURANCE = "assurance"
    TANGIBLES = "tangibles"
    EMPATHY = "empathy"
    RESPONSIVENESS = "responsiveness"


class Source(StrEnum):
    """Where an observation comes from."""

    PHONE = "phone"
    SHOP = "shop"
    CALLBACK = "callback"
    INSPECTION = "inspection"
    AUDIT = "audit"

"""Surveys: outcomes of calls, and masks for what customers may be recognised by."""

from shared_models.surveys.outcomes import FAILURES, Disposition
from shared_models.surveys.privacy import is_phone, mask_name, mask_numbers, mask_phone, mask_plate

__all__ = ["FAILURES", "Disposition", "is_phone", "mask_name", "mask_numbers", "mask_phone", "mask_plate"]

"""Masks for what a customer may be recognised by. Whatever leaves the server goes through them by default."""

from __future__ import annotations

import re

_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3})[- ]?\d{3,4}(\d{4})(?!\d)")


def is_phone(text: str) -> bool:
    """Whether this can be a Chinese telephone number (mobile, or landline with area code)."""
    bare = text.strip()
    return bool(_MOBILE.fullmatch(bare) or _LANDLINE.fullmatch(bare))


def mask_phone(text: str) -> str:
    """A telephone number with its middle hidden: 138****5678; what is no number keeps two characters."""
    bare = text.strip()
    if not bare:
        return ""
    digits = re.sub(r"\D", "", bare)
    if len(digits) >= 7:
        return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 10 else f"{digits[:2]}****{digits[-1:]}"
    return bare[:2] + "****"


def mask_name(text: str) -> str:
    """A person's name down to its first character: 王**."""
    bare = text.strip()
    return bare[:1] + "**" if bare else ""


def mask_plate(text: str) -> str:
    """A number plate without its middle: 皖A***08."""
    bare = text.strip()
    return f"{bare[:2]}***{bare[-2:]}" if len(bare) > 4 else mask_name(bare)


def mask_numbers(text: str) -> str:
    """Free text with every telephone number in it masked."""
    text = _MOBILE.sub(lambda found: f"{found[1]}****{found[3]}", text)
    return _LANDLINE.sub(lambda found: f"{found[1]}****{found[2]}", text)

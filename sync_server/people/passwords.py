"""Password hashing: Argon2id with the defaults of argon2-cffi (RFC 9106, low-memory profile)."""

from __future__ import annotations

import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()

# without 0/O and 1/l/I: it is read out and typed in
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def hash_password(password: str) -> str:
    """The hash to store; takes some tens of milliseconds on purpose."""
    return _hasher.hash(password)


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex(16))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password fits; an unknown login takes as long as a known one."""
    try:
        fits = _hasher.verify(stored or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def new_password() -> str:
    """A random password to hand to a person: 14 characters, about 80 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(14))

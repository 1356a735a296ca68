"""What can go wrong in a build, said in a sentence."""

from __future__ import annotations


class BuildFailed(Exception):
    """The PWA could not be built; the message says why and what to do."""

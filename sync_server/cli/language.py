"""In which language the command line speaks: ``--language``, else REVISIT_LANGUAGE, else the locale."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from shared_models.messages import Words, match_language, words


def chosen_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The language asked for before the command's name, by REVISIT_LANGUAGE, or that of the locale."""
    rest = iter(arguments)
    for argument in rest:
        if argument == "--language":
            return match_language(next(rest, None))
        if argument.startswith("--language="):
            return match_language(argument.partition("=")[2])
        if not argument.startswith("-"):
            break
    for name in ("REVISIT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        # C and POSIX are what a machine has whose owner chose no language: that is no choice of English
        given = environment.get(name, "")
        if given and given.split(".")[0] not in {"C", "POSIX"}:
            return match_language(given)
    return match_language(None)


LANGUAGE = chosen_language(sys.argv[1:], os.environ)
"""The language of this process: help texts are made when the commands are declared."""
t: Words = words(LANGUAGE)
"""The words of this process."""

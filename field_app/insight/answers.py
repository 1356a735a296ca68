"""Where the answers behind a figure are shown: an address that names them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from urllib.parse import urlencode

PATH = "/overview/answers"


@dataclass(frozen=True)
class Wanted:
    """A question of GET /insight/answers as texts, what it is called, and the screen to go back to."""

    what: str = "observations"
    month: str = ""
    months: str = "1"
    dealer_id: str = ""
    region_id: str = ""
    item_id: str = ""
    source: str = ""
    survey: str = ""
    question: str = ""
    dimension: str = ""
    employee: str = ""
    visitor_id: str = ""
    counted: str = ""
    called: str = ""
    """The row or figure that was opened, for the heading."""
    back: str = ""

    def query(self) -> dict[str, str]:
        """For the server."""
        return {
            name: value for name, value in asdict(self).items() if value and name not in ("called", "back")
        }


def wanted_of(given: Mapping[str, str]) -> Wanted:
    """What an address asks for; names that it does not know are left out."""
    known = {one.name for one in fields(Wanted)}
    return Wanted(**{name: value for name, value in given.items() if name in known})


def answers_route(question: Mapping[str, str], called: str, back: str) -> str:
    """The address of the answers to a question (`behind` of a table's row)."""
    return f"{PATH}?{urlencode({**question, 'called': called, 'back': back})}"


def counted_answers(months: Sequence[str], **named: str) -> dict[str, str]:
    """The question for what entered the rates of months in a row; ``named``: of whom and what."""
    return {
        "what": "observations",
        "month": months[-1],
        "months": str(len(months)),
        "counted": "true",
        **named,
    }


def runs(months: Sequence[str]) -> list[tuple[str, ...]]:
    """Months in order, cut where one is left out: an address names months that follow each other."""
    found: list[tuple[str, ...]] = []
    last = 0
    for month in sorted(set(months)):
        at = int(month[:4]) * 12 + int(month[5:])
        found = [*found[:-1], (*found[-1], month)] if found and at == last + 1 else [*found, (month,)]
        last = at
    return found


def plain_route(route: str) -> str:
    """A way back within the app only."""
    return route if route.startswith("/") and not route.startswith("//") else "/overview"

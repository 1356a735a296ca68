"""The tables of figures by name, and who may read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.orm import Session

from sync_server.insight import importance, repository, results
from sync_server.insight.calendar import months_up_to
from sync_server.insight.tables_network import (
    Asked,
    Question,
    Row,
    Table,
    drivers,
    fused,
    indices,
    interviewers,
    outcomes,
    percent,
    question,
    table_of,
)
from sync_server.insight.tables_people import dealers, people
from sync_server.insight.tables_quality import sources, visitors
from sync_server.insight.tables_satisfaction import acsi, nps, rater

FIRST_FIX = "service_fixed_first_visit"
_RESAMPLES = 200


def weights(session: Session, asked: Asked) -> Table:
    """What each item weighs in the priority: its share of the overall rating, of the whole network only.

    90 % intervals by 200 bootstrap samples of respondents. ``negative``: asked alone it goes against the
    rating, a sign of an error in the data. Empty below 600 respondents: every item weighs the same then.
    """
    parameters = results.parameters_in_force(session)
    months = months_up_to(asked.months[-1], parameters.importance_months)
    found = importance.importance_of(session, asked.months[-1], parameters, resamples=_RESAMPLES)
    codes = {one.id: one.code for one in repository.items(session).values()}
    columns = ("item", "stage", "share", "low", "high", "factor", "negative", "respondents")
    lines: list[tuple[Row, list[Question]]] = [
        (
            {
                "item": codes[one.item_id],
                "stage": one.category,
                "share": percent(one.share),
                "low": None if one.low is None else percent(one.low),
                "high": None if one.high is None else percent(one.high),
                "factor": round(one.factor, 2),
                "negative": one.negative,
                "respondents": found.respondents,
            },
            [question(asked, "observations", months, item_id=one.item_id, source="phone", counted="true")],
        )
        for one in sorted(found.items, key=lambda one: -one.share)
    ]
    return table_of(columns, lines)


def technicians(session: Session, asked: Asked) -> Table:
    """Technicians in a funnel: share of faults fixed at the first visit against the pooled share of all."""
    ids = [one.id for one in repository.items(session).values() if one.code == FIRST_FIX]
    return people(session, replace(asked, item_id=ids[0])) if ids else Table((), ())


TABLES: dict[str, Callable[[Session, Asked], Table]] = {
    "fused": fused,
    "acsi": acsi,
    "nps": nps,
    "rater": rater,
    "indices": indices,
    "drivers": drivers,
    "weights": weights,
    "outcomes": outcomes,
    "interviewers": interviewers,
    "visitors": visitors,
    "sources": sources,
    "people": people,
    "dealers": dealers,
    "technicians": technicians,
}
NETWORK_ONLY = frozenset({"drivers", "weights"})
"""Tables that a part of the network has too few respondents for: headquarters."""
DESK_ONLY = frozenset({"visitors", "interviewers", "dealers"})
"""Tables that name people whom a dealer must not know, or set dealers side by side."""

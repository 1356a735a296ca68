"""Imports and figures behave the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sync_server.insight.evidence import evidence
from sync_server.insight.facts import rebuild
from sync_server.insight.service import Filter, months, rates, weak_items
from sync_server.people.scope import Scope
from sync_server.surveys.service import call_outcomes, rating_means
from tests.factories.surveys import DEMO_FILES, Asked, add_demo_dealers, ask, load, rows_of
from tests.factories.visits_on_server import accepted_visit
from tests.server.world import World

EVERYTHING = Scope("", everything=True)
TODAY = date(2026, 11, 22)


def test_the_demo_files_load_once_and_give_the_same_figures(world: World) -> None:
    add_demo_dealers(world)
    loaded = {name: load(world, path, name).batch.counts for name, path in DEMO_FILES.items()}
    assert {name: (c.loaded, c.rejected, c.duplicates, c.observations) for name, c in loaded.items()} == {
        "cati_sales": (2808, 6, 7, 28312),
        "callbacks": (648, 0, 0, 1662),
        "service_survey": (540, 0, 0, 540),
    }
    assert all(load(world, path, name).batch.repeated for name, path in DEMO_FILES.items())
    with world.db.write() as session:
        change = rebuild(session)
    assert (change.added, change.superseded) == (0, 0)
    with world.db.read() as session:
        found = weak_items(session, EVERYTHING, Filter(), today=TODAY, limit=10)
        assert (found.month, found.total) == ("2026-10", 174)
        assert (found.listed, found.cells) == (74, 540)
        deck = {"low_rate", "decline"}
        everything = weak_items(session, EVERYTHING, Filter(), today=TODAY).items
        assert sum(bool(deck & {r.kind.value for r in one.reasons}) for one in everything) == 169
        assert (found.items[0].dealer_code, found.items[0].merged.rate) == ("A1031", 47.83)
        assert [m.observations for m in months(session, EVERYTHING, Filter(), TODAY).months] == [
            int(n)
            for (n,) in rows_of(world, "SELECT count(*) FROM observation GROUP BY month ORDER BY month DESC")
        ]
        assert len(rates(session, EVERYTHING, Filter(), by_dealer=True).cells) == 3561
        outcomes = call_outcomes(session, EVERYTHING, ["2026-08", "2026-09", "2026-10"])
        assert sum(one.called for one in outcomes) == 2808 + 648 + 540
        assert rating_means(session, EVERYTHING, "service_survey", ["2026-09"]).weighted is not None


def test_a_visit_an_interview_and_a_revision_end_in_the_same_ledger(world: World, tmp_path: Path) -> None:
    accepted_visit(world, "N01", {"D08": "no"}, template="sales_audit", source="audit", person="auditor")
    asked = [Asked("N01", "service_handover", date(2026, 10, 3), 7, 10)]
    ask(world, tmp_path, asked)
    report = ask(world, tmp_path, [Asked("N01", "service_handover", date(2026, 10, 3), 6, 10)])
    assert (report.batch.counts.revised, report.batch.counts.unchanged) == (1, 9)
    item = rows_of(world, "SELECT id FROM item WHERE code = 'service_handover'")[0][0]
    with world.db.read() as session:
        (weak,) = weak_items(session, EVERYTHING, Filter(), today=TODAY).items
        assert (weak.merged.executed, weak.merged.applicable) == (6, 11)
        page = evidence(
            session, EVERYTHING, dealer_id=world.dealers["N01"], item_id=item, month="2026-10", limit=5
        )
        assert (page.total, [one.executed for one in page.evidence]) == (11, [False] * 5)

"""The demo's telephone work: deliveries and services of the last days, planned as calls of its caller."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sync_server.calls.planning import Event, plan_calls
from sync_server.demo.story import random_for

if TYPE_CHECKING:
    from sync_server.demo.seed import Stage

_MODELS = ("Z500", "T600", "Z300", "SR7")
_SURNAMES = "王李张刘陈杨赵周"
_GIVEN = ("小明", "敏", "建华", "雪", "志远", "丽", "海涛", "静")
_EVENTS = (
    ("delivery", 1),
    ("delivery", 2),
    ("delivery", 7),
    ("delivery", 8),
    ("delivery", 30),
    ("service", 1),
    ("service", 2),
    ("service", 3),
)
"""Kind and age in days: each has a call that is due today."""


def plan_demo_calls(stage: Stage) -> int:
    """Plan calls at the first dealers of the caller's region; how many."""
    north = [dealer for dealer in stage.network.dealers.values() if dealer.region == "华北"][:4]
    planned = 0
    with stage.database.write() as session:
        for place, (kind, age) in enumerate(_EVENTS):
            dealer = north[place % len(north)]
            random = random_for("call", dealer.code, str(place))
            event = Event(
                dealer_id=dealer.id,
                kind=kind,
                day=stage.today - timedelta(days=age),
                name=_SURNAMES[place] + _GIVEN[place],
                # no area has this code: nobody is rung up by somebody who tries the demo
                phone=f"0000-555{1001 + place}",
                plate=f"冀A{random.randrange(10000, 99999)}",
                model=random.choice(_MODELS),
                employee=random.choice(dealer.advisers),
            )
            planned += plan_calls(session, event, stage.today)
    return planned

"""What befalls persons, tablets and the company in the simulator, besides a bad network."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from field_app.store import kept
from shared_models import ids
from shared_models.checklists.document import TemplateDocument
from shared_models.people.access import Role, ScopeKind
from sync_server.checklists.service import publish_template
from sync_server.people import service as people
from sync_server.sync import epoch, requeue
from sync_server.sync.journal import load_rows, write_row
from sync_server.sync.tables import sync_op
from tests.factories.network import document
from tests.sync.breaking import Killed, busy, disk_full
from tests.sync.devices import SimDevice
from tests.sync.ground import TEMPLATE

if TYPE_CHECKING:
    from tests.sync.simulator import Simulation

Befall = Callable[["Simulation", SimDevice, random.Random], str]
"""Lets something happen and says what, "" if it cannot happen now."""


def clock_jump(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """The device's clock is a year off, or right again."""
    device.skew = timedelta() if device.skew else timedelta(days=chance.choice((-365, 365)))
    return f"clock {device.skew.days} days off"


def summer_time(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """Summer time begins or ends; some clocks are set by hand then and are an hour off."""
    device.summer = not device.summer
    if chance.random() < 0.5:
        device.skew += timedelta(hours=1 if device.summer else -1)
    return "summer time" if device.summer else "winter time"


def disk_full_next(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """The device's disk is full at one of the next statements."""
    device.local.statements.arm(chance.randrange(30), disk_full)
    return "disk full"


def database_busy(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """Another process holds the device's database at one of the next statements."""
    device.local.statements.arm(chance.randrange(30), busy)
    return "database busy"


def killed_in_transaction(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """The process ends between two statements of a transaction."""
    device.local.statements.arm(chance.randrange(40), Killed)
    return "kill in a transaction"


def little_space(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """Free space falls under the floor, or there is enough again."""
    device.free_bytes = None if device.free_bytes is not None else 1_000_000
    return f"free space {device.free_bytes}"


def back_up(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """The tablet's system makes a backup."""
    device.back_up()
    return "backup"


def restore(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """The tablet is put back to its backup: it knows nothing of what it did since."""
    if device.backup is None:
        return ""
    before, confirmed = device.unconfirmed(), device.kept()
    device.restore()
    run.taken_away(device, before, confirmed)
    return "restored backup"


def clone(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """The tablet's content is copied to a second tablet; both go on."""
    if any(one.name == f"{device.name}'" for one in run.devices) or len(run.devices) > 6:
        return ""
    run.clone(device)
    return "cloned tablet"


def shrink_scope(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """The manager moves to another region, or back."""
    world = run.world
    person = world.people["manager"]
    now = run.regions_of_manager = "S" if run.regions_of_manager == "N" else "N"

    def move(session: Session) -> None:
        (grant,) = (line for line in run.grants(session, person))
        write_row(session, "role_grant", grant, {"scope_id": world.regions[now]})

    run.office(move)
    run.refresh_access("manager", Role.MANAGER, ScopeKind.REGION, world.regions[now])
    return f"manager's region {now}"


def revoke(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """The person's account is revoked, or reinstated."""
    if device.login in ("hq",):
        return ""
    active = device.login in run.revoked
    run.set_active(device.login, active)
    return f"{'reinstated' if active else 'revoked'} {device.login}"


def let_in(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """Headquarters judges refused ops anew."""
    return f"headquarters judged {run.requeue_all()} ops anew"


def publish_checklist(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """A new version of the checklist is published while drafts of the old one are open, and planned for."""
    plain = document()
    plain["sections"][0]["questions"][0]["text"] = {"zh": "新", "en": f"Tidy {chance.randrange(10**6)}?"}
    if chance.random() < 0.5:
        plain["sections"][1]["questions"].pop()
    world = run.world
    with world.db.write() as session:
        made = TemplateDocument.model_validate(plain)
        version = publish_template(session, made, now=run.clock())
        row = load_rows(session, "template_version", [version])[version]
    values = {name: value for name, value in row.items() if name not in {"id", "version"}}
    run.office(lambda session: write_row(session, "template_version", version, values), done=True)
    world.versions[TEMPLATE] = version
    return f"checklist version {version[-4:]}"


def plan_visit(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """A visit is planned for a shopper."""
    world = run.world
    login, dealer = chance.choice(("shopper", "shopper2")), chance.choice(("N01", "N02"))
    row_id = ids.new_id(randomness=chance.getrandbits)
    values = {
        "dealer_id": world.dealers[dealer], "person_id": world.people[login],
        "template_version_id": world.versions[TEMPLATE],
        "window_start": date(2026, 11, 1), "window_end": date(2026, 11, 30),
    }  # fmt: skip
    run.office(lambda session: write_row(session, "assignment", row_id, values))
    return f"planned for {login}"


def old_client(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """The server asks for a newer build than some devices have; they update later."""
    settings = run.world.app.state.settings
    if settings.min_client:
        run.world.app.state.settings = replace(settings, min_client="")
        return "every build may pull"
    run.world.app.state.settings = replace(settings, min_client="2.0")
    return "builds below 2.0 may not pull"


def update_app(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """The app is updated: the process starts anew as a newer build."""
    device.build = "2.0"
    device.restart()
    return "updated"


def days_pass(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """Time passes: uploads expire, grace ends."""
    days = chance.choice((1, 8, 15))
    run.clock.forward(days=days)
    return f"{days} days pass"


def back_up_server(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """The operator makes a backup; the last two are kept."""
    with run.world.db.write() as session:
        epoch.note_backup(session, run.clock())
    run.server_backups = [*run.server_backups[-1:], run.server_as_it_stands()]
    return "server backup"


def restore_server(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """The server is put back to one of its last two backups, and the office does again what it did since."""
    young = [one for one in run.server_backups if run.clock() - one.at < kept.LONGEST - timedelta(days=2)]
    if not young:
        return ""
    run.restore_server(chance.choice(young))
    return "server restored"


BEFALLS: dict[str, tuple[int, Befall]] = {
    "clock jump": (2, clock_jump),
    "summer time": (1, summer_time),
    "disk full": (2, disk_full_next),
    "database busy": (2, database_busy),
    "killed in a transaction": (3, killed_in_transaction),
    "little space": (1, little_space),
    "backup": (3, back_up),
    "restored backup": (2, restore),
    "cloned tablet": (1, clone),
    "scope shrink": (2, shrink_scope),
    "revoked": (2, revoke),
    "let in": (1, let_in),
    "checklist published": (2, publish_checklist),
    "visit planned": (1, plan_visit),
    "old client": (1, old_client),
    "app updated": (1, update_app),
    "days pass": (1, days_pass),
    "server backup": (3, back_up_server),
    "server restored": (2, restore_server),
}
"""How often (against each other), and what."""


def pick(chance: random.Random) -> str:
    """One of them by name."""
    return chance.choices(list(BEFALLS), [weight for weight, _ in BEFALLS.values()])[0]


def requeue_refused(run: Simulation) -> int:
    """Headquarters judges every op that is not in anew, in the order in which they came; how many."""
    world = run.world
    with world.db.write() as session:
        hq = people.access_of(session, world.people["hq"])
        waiting = select(sync_op.c.op_id).where(
            sync_op.c.outcome.in_(("quarantined", "conflict", "rejected"))
        )
        op_ids = list(session.execute(waiting.order_by(sync_op.c.stream_id, sync_op.c.seq)).scalars())
        requeue.requeue(session, hq, op_ids[:500], now=run.clock(), language="en")
    return len(op_ids)

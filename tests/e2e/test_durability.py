"""What the app shows as saved is there after any death of the browser; of two tabs, one writes."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Error as PlaywrightError

from tests.e2e.browser import Tablet, until
from tests.e2e.installation import PASSWORD, Installation
from tests.e2e.pages import STEP, SignIn, Sync, Today, Visit
from tests.e2e.recording import photo

pytestmark = pytest.mark.e2e

DEALER, SECTION = "A1007", "A"
YES_NO = ("A02", "A03", "A04", "A05", "A07", "A08")
TEXT, SCALE = "A01", "A06"
ROUNDS = 4

# one section at one moment: by question the answer shown, its photos, and whether it says "saved"
LOOK = """() => Object.fromEntries([...document.querySelectorAll('[flt-semantics-identifier]')]
  .filter(node => /^q-[A-Z]\\d\\d$/.test(node.getAttribute('flt-semantics-identifier')))
  .map(node => {
    const inside = [...node.querySelectorAll('[flt-semantics-identifier]')];
    const name = one => one.getAttribute('flt-semantics-identifier');
    const code = name(node).slice(2);
    const field = node.querySelector('textarea, input');
    return [code, {
      saved: inside.some(one => name(one) === `q-${code}-saved`),
      chosen: inside.filter(one => one.getAttribute('aria-current') === 'true').map(name).join(),
      text: field ? field.value : '',
      photos: inside.map(name).filter(one => one.startsWith('media-')),
    }];
  }))"""


@dataclass
class Shown:
    """What the screen had shown as saved, and what was just being done."""

    answers: dict[str, str] = field(default_factory=dict[str, str])
    photos: set[str] = field(default_factory=set[str])
    text: str = ""
    typed: list[str] = field(default_factory=list[str])
    """Every text that was put into the field, the one that stood there first; ``text`` is one of them."""
    marked: bool = True
    """Whether the mark beside the text speaks of the newest one: the page draws it a moment after the key."""
    doing: str = ""
    """The question that was being answered: its newer answer may or may not be there."""

    def look(self, seen: dict[str, Any]) -> None:
        """Remember everything that says it is saved."""
        for code, one in seen.items():
            if one["saved"]:
                self.answers[code] = one["chosen"]
                self.photos.update(one["photos"])
                if one["text"] and self.marked:  # the field tells its text only while it is written in
                    self.text = one["text"]
            elif code == TEXT:
                self.marked = True

    def write(self, visit: Visit, words: str) -> None:
        """Write into the text field; what stood there is not shown as saved any more once the mark goes."""
        self.typed.append(words)
        self.marked = False
        visit.write(f"q-{TEXT}-value", words)


def _tap_until_killed(visit: Visit, random: Random, shown: Shown, number: int) -> None:
    """Answer, write and photograph at random until the browser is gone; ends by its death."""
    taken = 0
    while True:
        act = random.random()
        if act < 0.7:
            shown.doing = random.choice(YES_NO)
            visit.press(f"q-{shown.doing}-{random.choice(('yes', 'no'))}")
        elif act < 0.8:
            shown.doing = SCALE
            visit.press(f"q-{SCALE}-{random.randint(1, 10)}")
        elif act < 0.9:
            shown.doing = TEXT
            shown.write(visit, f"观察 {number}-{random.randint(100, 999)}")
        elif taken < 2:
            shown.doing = random.choice(YES_NO)
            visit.choose_files(f"q-{shown.doing}-add-photo", photo(100 * number + taken))
            taken += 1
        for _ in range(random.randint(0, 4)):
            shown.look(visit.page.evaluate(LOOK))


def _round(tablet: Tablet, visit: Visit, random: Random, number: int, text: str) -> Shown:
    """Record until the browser is killed at a random moment; what it had shown as saved by then."""
    shown = Shown(text=text, typed=[text])
    shown.look(visit.page.evaluate(LOOK))
    killer = threading.Timer(random.uniform(2, 8), tablet.strike)
    killer.start()
    try:
        with pytest.raises(PlaywrightError):
            _tap_until_killed(visit, random, shown, number)
    finally:
        killer.join()
    tablet.kill()
    return shown


def _section(visit: Visit) -> Visit:
    visit.page.set_viewport_size({"width": 1280, "height": 2000})  # the whole section at once
    visit.section(SECTION)
    visit.wait(f"q-{YES_NO[-1]}-add-photo")
    return visit


def test_what_was_shown_as_saved_survives_kills_at_random_moments(
    installation: Installation, tablet: Tablet
) -> None:
    app = tablet.open(installation.url).ready()
    SignIn(app).sign_in("shopper", PASSWORD)
    Today(app).wait(f"start-{DEALER}")
    app.wait_offline_ready()
    installation.stop()
    visit = _section(Today(app).start(DEALER))

    photos: set[str] = set()
    text = ""
    for number in range(ROUNDS):
        shown = _round(tablet, visit, Random(number), number, text)
        photos |= shown.photos
        app = tablet.open(installation.url).ready()
        Today(app).wait("open-*")
        visit = _section(Today(app).resume())
        until(
            f"round {number}: all photos are shown",
            lambda: shown.photos <= set(_photos(visit.page.evaluate(LOOK))),  # noqa: B023
            STEP,
        )
        seen = visit.page.evaluate(LOOK)
        now = {code: one["chosen"] for code, one in seen.items() if one["saved"]}
        lost = {
            code: (answer, now.get(code))
            for code, answer in shown.answers.items()
            if code != shown.doing and now.get(code) != answer
        }
        assert lost == {}, f"round {number}: shown as saved, and now"
        assert shown.doing not in shown.answers or shown.doing in now, (
            f"round {number}: {shown.doing} is gone"
        )
        text = visit.written(f"q-{TEXT}-value")
        assert text in shown.typed[shown.typed.index(shown.text) :], f"round {number}: an older text"
    assert photos, "no round came to a photo"

    # what the device holds reaches the server whole
    installation.start()
    visit.press("back")
    Sync(app).send_now()
    installation.stop()
    with sqlite3.connect(installation.folder / "revisit.db") as server:
        held = dict(server.execute("SELECT id, sha256 FROM attachment"))
    blobs = {hashlib.sha256(file.read_bytes()).hexdigest() for file in installation.blobs()}
    assert {one for one in photos if held.get(one.removeprefix("media-")) not in blobs} == set()


def _photos(seen: dict[str, Any]) -> list[str]:
    return [name for one in seen.values() for name in one["photos"]]


def test_a_second_tab_says_so_and_takes_over_when_the_first_closes(
    installation: Installation, tablet: Tablet
) -> None:
    first = tablet.open(installation.url).ready()
    SignIn(first).sign_in("shopper", PASSWORD)
    visit = _section(Today(first).start(DEALER))
    second = tablet.open(installation.url).ready()
    SignIn(second).wait("refusal-other_tab_open")
    first.page.bring_to_front()
    visit.press("q-A02-no")
    visit.wait("q-A02-saved")
    assert SignIn(second).sees("refusal-other_tab_open")

    first.page.close()
    second.page.bring_to_front()
    Today(second).wait("open-*")
    visit = _section(Today(second).resume())
    visit.wait("q-A02-saved")
    assert visit.page.evaluate(LOOK)["A02"]["chosen"] == "q-A02-no"

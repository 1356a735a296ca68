"""The app's screens as a person meets them, found by semantic identifiers alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import FilePayload, Locator, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from shared_models.checklists import AnswerValue, Question, QuestionKind
from tests.e2e.browser import PATIENCE, AppPage, until

STEP = 30  # seconds for one reaction of the app on a busy machine; never asserted on
SWIPE = 500
"""Pixels of one turn of the wheel when something is looked for further down."""
REDRAWS = 10
"""How often a node may be drawn anew under the finger before a touch is given up."""
AT_REST = """node => new Promise(done => {
  let before = null, same = 0;
  const look = () => {
    const box = node.getBoundingClientRect(), now = `${box.x} ${box.y}`;
    same = now === before ? same + 1 : 0;
    before = now;
    // by the frames drawn, not by the clock alone: a busy machine draws few in 40 ms
    if (same >= 3) done(); else requestAnimationFrame(() => setTimeout(look, 40));
  };
  look();
})"""


BEYOND = """node => {
  const box = node.getBoundingClientRect(), middle = box.y + box.height / 2;
  if (middle < 0) return middle - 100;
  return middle > innerHeight ? middle - innerHeight + 100 : 0;
}"""
"""Pixels by which the middle of a node, where it is touched, lies below the page, or less than 0 above it."""
COVERED = """node => {
  const notice = document.querySelector('[flt-semantics-identifier="notice"]');
  if (!notice || notice.contains(node)) return false;
  const box = node.getBoundingClientRect(), over = notice.getBoundingClientRect();
  return box.y + box.height / 2 > over.y - 40;
}"""
"""Whether the notice at the foot of the page lies over a node (40: the edge of its bar)."""
NAMELESS = """() => {
  const kinds = ['[flt-tappable]', '[role=button]', '[role=checkbox]', '[role=radio]', '[role=switch]',
    'input:not([disabled])', 'textarea:not([disabled])'];  // disabled: text that can be copied
  const controls = kinds.map(kind => 'flt-semantics-host ' + kind).join(', ');
  const told = node => [node.getAttribute('aria-label'), node.innerText,
    node.querySelector('[aria-label]')?.getAttribute('aria-label')].filter(Boolean).join(' ').trim();
  const wrong = words => !words || /^[a-z_]+([.][a-z_]+)+$/.test(words);
  return [...document.querySelectorAll(controls)].flatMap(node => {
    const around = node.closest('[flt-semantics-identifier]');
    const name = around?.getAttribute('flt-semantics-identifier') ?? '?';
    const words = told(node) || (around ? told(around) : '');
    return wrong(words) ? [name + ': ' + node.outerHTML.slice(0, 90)] : [];
  });
}"""
"""What assistive technology reads of a control: its own label, or that of the node that names it."""
CHOSEN = """() => ['aria-selected', 'aria-current', 'aria-checked', 'aria-pressed'].flatMap(
  name => [...document.querySelectorAll(`[${name}=true]`)].map(
    node => node.closest('[flt-semantics-identifier^="q-"]')?.getAttribute('flt-semantics-identifier')))
  .filter(Boolean)"""
"""Answers that are marked as chosen, of the section shown."""
MISSED = ("not attached to the DOM", "outside of the viewport")


class Written(NamedTuple):
    """The field written last, with what it held before."""

    name: str
    before: str
    words: str


class Screen:
    """What every screen allows: reading labels, pressing, typing, choosing files."""

    def __init__(self, app: AppPage) -> None:
        self.app = app
        self._written: Written | None = None

    @property
    def page(self) -> Page:
        return self.app.page

    def at(self, name: str) -> Locator:
        """The node of that identifier; a name ending in * stands for all that begin so."""
        how = f'^="{name[:-1]}"' if name.endswith("*") else f'="{name}"'
        return self.page.locator(f"[flt-semantics-identifier{how}]")

    def sees(self, name: str) -> bool:
        """Whether it is on the screen now."""
        return self.at(name).count() > 0

    def wait(self, name: str, patience: float = PATIENCE) -> Locator:
        """Wait until it is on the screen."""
        found = self.at(name).first
        try:
            found.wait_for(state="attached", timeout=patience * 1000)
        except PlaywrightTimeout:
            raise AssertionError(f"{name} does not appear; the screen shows {self.shown()}") from None
        return found

    def gone(self, name: str) -> None:
        """Wait until it is off the screen."""
        until(f"{name} goes away", lambda: not self.sees(name), STEP)

    def shown(self) -> list[str]:
        """All identifiers on the screen."""
        return self.page.evaluate(
            "[...document.querySelectorAll('[flt-semantics-identifier]')]"
            ".map(node => node.getAttribute('flt-semantics-identifier'))"
        )

    def label(self, name: str) -> str:
        """What a node says."""
        return self.app.label(name)

    def says(self, name: str, *words: str) -> str:
        """Wait until a node says all the words; what it says."""
        return self.app.wait(name, *words)

    def nameless(self) -> list[str]:
        """Controls that say nothing to who cannot see them, or say a catalogue's key: what they are."""
        return self.page.evaluate(NAMELESS)

    def text(self) -> str:
        """Everything the screen says, in order."""
        return self.page.evaluate(
            "(document.querySelector('flt-semantics-host')?.innerText || '') + ' ' + "
            "[...document.querySelectorAll('flt-semantics-host [aria-label]')]"
            ".map(node => node.getAttribute('aria-label')).join(' ')"
        )

    def find(self, name: str) -> Locator:
        """Scroll down, then up, until it is on the screen (long lists hold only what is near)."""
        for turn in (SWIPE, -SWIPE):
            before: list[str] = []
            while not self.sees(name) and before != (before := self.places()):
                size = self.page.viewport_size or {"width": 800, "height": 600}
                self.page.mouse.move(size["width"] * 0.6, size["height"] * 0.6)
                self.page.mouse.wheel(0, turn)
                self.page.wait_for_timeout(300)
        return self.wait(name, STEP)

    def places(self) -> list[str]:
        """Where everything on the screen is: unchanged when a list is at its end."""
        return self.page.evaluate(
            "[...document.querySelectorAll('[flt-semantics-identifier]')].map(node =>"
            " node.getAttribute('flt-semantics-identifier') + node.getBoundingClientRect().y)"
        )

    def read_until(self, words: str) -> None:
        """Scroll down until the screen says the words."""

        def read() -> bool:
            self.page.mouse.wheel(0, SWIPE)
            self.page.wait_for_timeout(200)
            return words in self.text()

        until(f"the screen says {words!r}", read, STEP)

    def press(self, name: str) -> None:
        """Press a control; a node over the whole page takes the hit test, hence by force."""

        def click() -> None:
            self._hold_to_what_was_written()
            node = self.find(name)
            inner = node.locator("[flt-tappable]")
            self._at_rest(inner.first if inner.count() else node).click(force=True)

        self._while_redrawn(click)
        self._written = None

    def _at_rest(self, node: Locator) -> Locator:
        """The node once it has been scrolled to and stands still: a finger does not hit what moves."""
        node.scroll_into_view_if_needed(timeout=STEP * 1000)
        node.evaluate(AT_REST)
        # a list draws a little beyond its edge, and the browser cannot scroll it: turn the wheel
        for _ in range(REDRAWS):
            beyond = node.evaluate(BEYOND)
            if not beyond:
                break
            size = self.page.viewport_size or {"width": 800, "height": 600}
            self.page.mouse.move(size["width"] * 0.6, size["height"] * 0.6)
            self.page.mouse.wheel(0, beyond)
            node.evaluate(AT_REST)
        # a person sees the notice over what is to be touched, and waits until it is gone
        until("no notice is in the way", lambda: not node.evaluate(COVERED), STEP)
        return node

    def _while_redrawn(self, touch: Callable[[], None]) -> None:
        """Touch once: again from the start when the node was drawn anew before it was reached."""
        for _ in range(REDRAWS):
            try:
                touch()
            except PlaywrightError as problem:
                if not any(words in str(problem) for words in MISSED):
                    raise
            else:
                return
        touch()

    def write(self, name: str, words: str) -> None:
        """Put words in the place of what a text field holds."""

        def fill() -> None:
            field = self._at_rest(self.find(name).locator("input, textarea").first)
            self._written = Written(name, field.input_value(), words)
            field.click(force=True)
            field.fill(words, force=True)

        self._while_redrawn(fill)

    def _hold_to_what_was_written(self) -> None:
        """Write again what a field dropped because it took the focus later than a program writes."""
        for _ in range(REDRAWS):
            last = self._written
            if last is None or last.before == last.words or not self.sees(last.name):
                return
            field = self.at(last.name).locator("input, textarea").first
            if field.count() == 0 or field.input_value() != last.before:
                return
            self.page.wait_for_timeout(300)
            self.write(last.name, last.words)

    def written(self, name: str) -> str:
        """What stands in a text field, which tells it only when one goes there."""

        def enter() -> None:
            self._at_rest(self.find(name).locator("input, textarea").first).click(force=True)

        self._while_redrawn(enter)
        self.page.wait_for_timeout(500)
        return self.at(name).locator("input, textarea").first.input_value()

    def choose_files(self, name: str, files: Sequence[Path] | FilePayload) -> None:
        """Press a button that opens the file chooser and choose there."""
        self.wait(name)
        with self.page.expect_file_chooser(timeout=STEP * 1000) as chooser:
            self.press(name)
        chooser.value.set_files(files if isinstance(files, dict) else list(files))

    def go(self, place: str) -> None:
        """Go to a place of the navigation; a phone keeps some behind "more"."""
        self.wait("nav-*")
        if not self.sees(f"nav-{place}") and self.sees("nav-more"):
            self.press("nav-more")
            self.wait(f"nav-{place}", STEP)
        self.press(f"nav-{place}")


class SignIn(Screen):
    """Account and password; the server is the one that served the app."""

    def sign_in(self, login: str, password: str, language: str = "zh_CN") -> None:
        """Sign in a person who is new to this device."""
        until(
            "the sign-in screen appears",
            lambda: self.sees("sign-in") or self.sees("account-other"),
        )
        if not self.sees("sign-in"):
            self.press("account-other")
        self.wait("sign-in-login")
        self.press(f"language-{language}")
        self.write("sign-in-login", login)
        self.write("sign-in-password", password)
        self.press("sign-in")
        self.wait("nav-*")

    def sign_out(self) -> None:
        """Leave this account; its data stay on the device."""
        self.go("settings")
        self.press("sign-out")
        self.press("sign-out-sure")
        self.wait("account-other")


class Today(Screen):
    """The visits to make and those begun."""

    def start(self, dealer: str) -> Visit:
        """Begin the visit of a dealer."""
        self.press(f"start-{dealer}")
        return Visit(self.app).opened()

    def resume(self) -> Visit:
        """Go on with the first visit that is begun."""
        self.press("open-*")
        return Visit(self.app).opened()


class Visit(Screen):
    """The checklist of one visit."""

    def opened(self) -> Visit:
        """Wait until it is shown."""
        self.wait("visit-counts")
        return self

    def section(self, code: str) -> None:
        """Show a section."""
        self.press(f"section-{code}")

    def answer(self, question: Question, choice: str | None = None) -> AnswerValue:
        """Answer a question of the section shown and wait until it says saved; what was answered."""
        given = self._answer(question, choice)
        try:
            self.wait(f"q-{question.code}-saved", STEP / 2)
        except AssertionError:
            self._hold_to_what_was_written()
            self.wait(f"q-{question.code}-saved", STEP)
        self._written = None
        return given

    def _answer(self, question: Question, choice: str | None) -> AnswerValue:
        name, kind = f"q-{question.code}", question.kind
        match kind:
            case QuestionKind.YES_NO | QuestionKind.YES_NO_NA:
                given: object = choice or "yes"
                self.press(f"{name}-{given}")
                if given == "na":
                    return AnswerValue(state="na")
            case QuestionKind.SCALE:
                given = int(choice or question.maximum or 0)
                self.press(f"{name}-{given}")
            case QuestionKind.SINGLE | QuestionKind.MULTIPLE:
                code = choice or question.choices[0].code
                given = [code] if kind is QuestionKind.MULTIPLE else code
                self.press(f"{name}-{code}")
            case QuestionKind.NUMBER:
                given = int(choice or question.minimum or 0)
                self.write(f"{name}-value", str(given))
            case QuestionKind.TEXT | QuestionKind.BARCODE:
                given = choice or "顾问主动问候，王师傅带看"
                self.write(f"{name}-value", str(given))
            case QuestionKind.TIME | QuestionKind.DATE | QuestionKind.DATETIME:
                given = "00:00"
                self.press(f"{name}-now")
            case QuestionKind.DURATION:
                given = 0
                self.press(f"{name}-start")
                self.press(f"{name}-stop")
            case _:
                raise AssertionError(f"{question.code}: no automation for {kind}")
        return AnswerValue(state="answered", value=given)

    def photograph(self, code: str, photo: Path | FilePayload) -> None:
        """Add a photo to a question and wait until one more is shown."""
        before = self.at("media-*").count()
        self.choose_files(f"q-{code}-add-photo", photo if isinstance(photo, dict) else [photo])
        until(f"the photo of {code} is shown", lambda: self.at("media-*").count() > before, STEP)

    def counts(self, answered: int, shown: int, last: str) -> None:
        """Wait until so many of so many questions are answered; else what is chosen, and what was touched."""

        def agrees() -> bool:
            return f"{answered} / {shown}" in self.label("visit-counts")

        try:
            until("the counts agree", agrees, STEP)
        except AssertionError:
            said, chosen = self.label("visit-counts"), self.page.evaluate(CHOSEN)
            raise AssertionError(
                f"after {last} {answered} / {shown} are answered, the screen says {said!r}; chosen: {chosen}"
            ) from None

    def all_saved(self) -> None:
        """Wait until the screen says that everything is saved."""
        until("everything is saved", lambda: self.sees("visit-saved") and not self.sees("visit-saving"))

    def test_drive(self) -> TestDrive:
        """Open the test-drive log."""
        self.press("open-drive")
        self.wait("drive-*")
        return TestDrive(self.app)

    def submission(self) -> Submission:
        """Go to checking and sending."""
        self.press("open-submit")
        self.wait("submit-score")
        return Submission(self.app)


class TestDrive(Screen):
    """The test-drive log."""

    __test__ = False

    def stamp(self, event: str) -> None:
        """Stamp the next event, which is this one."""
        self.press("drive-next")
        self.wait(f"drive-{event}-at")

    def back(self) -> Visit:
        """Back to the checklist."""
        self.press("back")
        return Visit(self.app).opened()


class Submission(Screen):
    """What is still open, and sealing."""

    def submit(self) -> None:
        """Seal the visit; today's list comes after it."""
        self.wait("submit-ready")
        self.press("submit")
        self.press("submit-sure")
        self.wait("nav-history")
        self.gone("submit-score")


class Sync(Screen):
    """What the sync chip says on every list, and the screen behind it."""

    def waiting(self) -> str:
        """Wait until something waits on this device; what the chip says."""
        until("something waits to be sent", lambda: any(c.isdigit() for c in self.label("sync-chip")), STEP)
        return self.label("sync-chip")

    def send_now(self) -> None:
        """Ask for it, and wait until nothing waits on this device any more."""
        self.go("sync")
        until("sync is not at work", lambda: self.label("sync-state") not in ("正在同步…", "Syncing…"), STEP)
        self.press("sync-now")
        self.all_sent()

    def all_sent(self) -> None:
        """Wait until nothing waits on this device."""
        words = "全部已上传", "All sent"
        place = "sync-state" if self.sees("sync-state") else "sync-chip"
        until("everything is sent", lambda: any(word in self.label(place) for word in words))

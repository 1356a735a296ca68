"""The desk's screens: review, imports, weak items, plans, actions."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.browser import until
from tests.e2e.pages import STEP, Screen

ENTRIES = """nodes => nodes.map(node => [node.getAttribute("flt-semantics-identifier") || "",
  node.getAttribute("aria-label") || node.innerText || ""])"""


class Desk(Screen):
    """What desk people do, screen by screen."""

    def review_first(self) -> None:
        """Open the visit that waits longest."""
        self.go("review")
        self.press("review-row-0")
        self.wait("review-accept")

    def accept(self) -> None:
        """Accept the visit shown; the queue comes after it."""
        self.press("review-accept")
        self.press("accept-sure")
        self.wait("review-filter-submitted")

    def import_file(self, mapping: str, file: Path) -> str:
        """Send a survey file with the mapping whose title holds the words; what the report says."""
        self.go("imports")
        self.pick("import-mapping", mapping)
        self.choose_files("import-file", [file])
        self.wait("import-report")
        return self.text()

    def pick(self, chooser: str, words: str) -> None:
        """Choose in a list that a button opens: the first entry that says the words."""
        self.press(chooser)
        self.wait(f"{chooser}-option-0")
        searched = self.sees(f"{chooser}-search")
        if searched:
            self.write(f"{chooser}-search", words)
        found: list[str] = []

        def there() -> bool:
            # all of them in one look, and only when the search has narrowed them: until then places move
            entries: list[list[str]] = self.at(f"{chooser}-option-*").evaluate_all(ENTRIES)
            found[:] = [name for name, said in entries if words in said]
            return bool(found) and (not searched or len(found) == len(entries))

        until(f"{words} stands in {chooser}", there, STEP)
        self.press(found[0])
        self.gone(f"{chooser}-option-*")

    def weak_of(self, dealer: str, month: str) -> list[str]:
        """Show the weak items of a dealer in a month; their identifiers."""
        self.go("weak")
        self.wait("weak-month")
        self.pick("weak-month", month)
        self.pick("weak-dealer", dealer)
        until("only that dealer is shown", lambda: self._dealers() == {dealer}, STEP)
        return [name for name in self.shown() if name.startswith(f"weak-{dealer}-")]

    def _dealers(self) -> set[str]:
        names = [name.split("-") for name in self.shown() if name.startswith("weak-")]
        return {parts[1] for parts in names if len(parts) == 3 and parts[1][1:].isdigit()}

    def look_at_first_weak(self) -> str:
        """Open the first weak item with its chart and evidence, and go back; what its page says."""
        self.press("weak-row-0")
        self.gone("weak-pick-0")
        self.wait("weak-plan")
        said = self.text()
        self.press("back")
        self.wait("weak-pick-0")
        return said

    def plan_first_weak(self) -> None:
        """Take the first weak item of the list into a new plan."""
        self.press("weak-pick-0")
        self.press("weak-plan")
        self.wait("plan-title")

    def write_plan(self, measure: str, owner: str, supervisor: str) -> None:
        """A known cause, one measure with its people and its time."""
        self.press("cause-known-*")
        self.wait("cause-0-text")
        self.press("measure-add")
        self.write("measure-0-text", measure)
        self.press("measure-0-method-drill")
        self.pick("measure-0-owner", owner)
        self.pick("measure-0-supervisor", supervisor)
        self.press("measure-0-due-30")

    def publish(self) -> None:
        """Publish the plan shown; it is followed afterwards."""
        self.press("plan-publish")
        self.press("publish-sure")
        self.wait("plan-pdf-zh")

    def first_action(self) -> None:
        """Open the first action of one's own."""
        self.go("actions")
        self.press("action-row-0")
        self.wait("action-text")

    def report_progress(self, percent: int, words: str) -> None:
        """Tell how far the action shown is."""
        self.press(f"action-percent-{percent}")
        self.write("action-text", words)
        self.press("action-progress")
        self.read_until(words)

    def pdf(self, name: str) -> bytes:
        """Press a button that saves a PDF; the file that the browser was given."""
        with self.page.expect_download(timeout=STEP * 1000) as saved:
            self.press(name)
        return Path(saved.value.path()).read_bytes()


class ActionPage(Desk):
    """One action, as its owner, its supervisor and the desk meet it."""

    def object(self, words: str) -> None:
        """Dispute the action."""
        self.press("request-objection")
        self.write("request-reason", words)
        self.press("request-send")
        self.read_until(words)

    def ask_for_time(self, days: int, words: str) -> None:
        """Ask for so many days more."""
        self.press("request-extension")
        self.press(f"request-due-{days}")
        self.write("request-reason", words)
        self.press("request-send")
        self.read_until(words)

    def first_need(self, words: str) -> None:
        """Open the first thing that needs the person today; it is of that kind."""
        self.go("overview")
        self.wait("need-0")
        self.says("need-0", words)
        self.press("need-0")
        self.wait("action-plan")

    def refuse(self, request: str, words: str) -> None:
        """Refuse the objection with these words."""
        self.read_until(request)
        self.write("request-objection-decision", words)
        self.press("request-objection-refuse")
        self.gone("request-objection-refuse")

    def grant(self, request: str, words: str) -> None:
        """Grant the time asked for with these words."""
        self.read_until(request)
        self.write("request-extension-decision", words)
        self.press("request-extension-grant")
        self.gone("request-extension-grant")

    def attended(self, names: str) -> None:
        """List who took part."""
        self.write("attendance-names", names)
        self.press("attendance-add")
        self.find("attendance-0-remove")

    def finish(self) -> None:
        """Report the action done."""
        self.press("action-finish")
        self.gone("action-finish")

    def supervised(self) -> None:
        """Open the first action that one watches over."""
        self.go("actions")
        self.press("actions-supervised")
        self.press("action-row-0")
        self.wait("action-text")

    def send_back(self, words: str) -> None:
        """Send it back to its owner."""
        self.write("action-text", words)
        self.press("action-send-back")
        self.gone("action-send-back")

    def verify(self) -> None:
        """Confirm that it is done."""
        self.press("action-verify")
        self.gone("action-verify")

    def plan(self) -> None:
        """Open the plan of the action shown."""
        self.press("action-plan")
        self.wait("plan-pdf-zh")

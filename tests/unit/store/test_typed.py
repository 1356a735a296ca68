"""What is typed into a form and not yet sent: it survives a redraw, another screen and a restart."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from field_app.plans.widgets.attendance import attendance
from field_app.review.screen_visit import Asked
from field_app.store import media
from field_app.store import typed as typed_module
from field_app.store.typed import FORGOTTEN, Typed
from tests.factories.device import Clock, MemoryBlobs, make_store
from tests.unit.ui_desk.drawing import draw, make_ui

APP = Path(__file__).resolve().parents[3] / "field_app"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "account.db"


def restarted(path: Path, clock: Clock | None = None) -> Typed:
    """The account opened again, from what lies on the disk."""
    return Typed(make_store(path, clock=clock))


@cache
def screens() -> list[tuple[str, ast.Module]]:
    """The modules of the app that name a text field, read."""
    texts = {path.relative_to(APP).as_posix(): path.read_text("utf-8") for path in APP.rglob("*.py")}
    return [
        (name, ast.parse(text))
        for name, text in texts.items()
        if re.search(r"text_field\(|TextField\(", text)
    ]


def test_words_come_back_after_a_restart(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed_module, "PAUSE", 0)

    async def typing() -> None:
        form = Typed(make_store(path)).of("action/1")
        for words in ("已", "已完成", "已完成两次演练"):
            form.put(words)
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
        assert not form.unwritten

    asyncio.run(typing())
    assert restarted(path).of("action/1").text == "已完成两次演练"
    assert restarted(path).of("action/2").text == ""


def test_closing_the_account_writes_what_was_just_typed(path: Path) -> None:
    async def typing() -> None:
        forms = Typed(make_store(path))
        forms.of("appeal/1/F02").put("照片是上个月的")
        forms.of("action/1").lines.append({"name": "李雷"})
        forms.of("action/1").changed()
        forms.write()

    asyncio.run(typing())
    again = restarted(path)
    assert again.of("appeal/1/F02").text == "照片是上个月的"
    assert again.of("action/1").lines == [{"name": "李雷"}]


def test_what_was_sent_is_gone_and_does_not_come_back(path: Path) -> None:
    async def sending() -> None:
        forms = Typed(make_store(path))
        form = forms.of("action/1")
        form.put("done")
        form.write()
        form.put("done twice")  # still on its way to the device
        form.clear()
        await asyncio.sleep(0)

    asyncio.run(sending())
    assert restarted(path).of("action/1").text == ""


def test_two_looks_at_one_form_see_the_same_words(path: Path) -> None:
    forms = Typed(make_store(path))
    forms.of("request/1/objection").put("no")
    assert forms.of("request/1/objection").text == "no"
    assert forms.under("request/1/") == {"objection": "no"}


def test_deciding_empties_all_that_was_typed_about_a_visit_and_nothing_else(path: Path) -> None:
    forms = Typed(make_store(path))
    for name in ("review/1/ask/F01", "review/1/return", "review/12/ask/F01"):
        forms.of(name).put("why?")
    forms.clear_under("review/1/")
    assert restarted(path).under("review/") == {"12/ask/F01": "why?"}


def test_words_that_nobody_touched_for_long_are_dropped(path: Path) -> None:
    clock = Clock()
    restarted(path, clock).of("action/1").put("old")
    clock.at += FORGOTTEN - timedelta(days=1)
    assert restarted(path, clock).of("action/1").text == "old"
    clock.at += timedelta(days=2)
    assert restarted(path, clock).of("action/1").text == ""


def test_a_form_that_is_drawn_anew_shows_what_was_typed(path: Path) -> None:
    forms = Typed(make_store(path))
    forms.of("attendance/a1").put("李雷，韩梅梅")
    work = SimpleNamespace(typed=forms, plans=SimpleNamespace(employees=lambda _: []))
    ui = make_ui("zh_CN", app=SimpleNamespace(accounts=SimpleNamespace(current=work)))
    people: list[dict[str, str]] = []
    drawn = draw(lambda: attendance(ui, "d", "a1", people, lambda: None, key="k"))
    assert drawn.values["attendance-names"] == "李雷，韩梅梅"


def test_every_field_for_sentences_keeps_what_is_typed() -> None:
    """Such a field saves by itself (SavedText) or hands each key to what is kept (``TypedWords.hear``)."""
    losing: list[str] = []
    for path, tree in screens():
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or ast.unparse(call.func) != "text_field":
                continue
            given = {one.arg: ast.unparse(one.value) for one in call.keywords if one.arg}
            if given.get("multiline") == "True" and ".hear" not in given.get("on_change", ""):
                losing.append(path)
    assert losing == ["review/widgets/answer_row.py"]  # its keys go to Asked, below


def calls_in_components(node: ast.AST) -> Iterator[ast.Call]:
    """Calls outside of what opens a dialog (``_ask...``, the list to choose from): dialogs are drawn once."""
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.FunctionDef) and (inner.name.startswith("_ask") or inner.name == "_open"):
            continue
        if isinstance(inner, ast.Call):
            yield inner
        yield from calls_in_components(inner)


def test_no_field_is_emptied_when_its_screen_is_drawn_anew() -> None:
    """A redraw puts the value it is given into the field, so that has to be what is typed."""
    emptied: list[str] = []
    for path, tree in screens():
        for call in calls_in_components(tree):
            given = {one.arg: ast.unparse(one.value) for one in call.keywords if one.arg}
            name, value = ast.unparse(call.func), given.get("value", "''")
            if name == "text_field" and len(call.args) > 3:
                value = ast.unparse(call.args[3])
            if name in {"text_field", "ft.TextField"} and value == "''" and "on_change" in given:
                emptied.append(path)
    assert emptied == []


def test_a_reviewers_questions_survive_until_the_visit_is_decided(path: Path) -> None:
    forms = Typed(make_store(path))
    Asked(forms, "v1").put("F02", " 在哪里看到的？ ")
    assert Asked(restarted(path), "v1").written == {"F02": "在哪里看到的？"}
    assert Asked(restarted(path), "v2").written == {}


WITHOUT_KEPT_WORDS = {
    "admin/screen_audit.py",  # a search line
    "admin/widgets/parts.py",  # hands each key to the Typed it is given, below
    "checklists/screen_checklists.py",  # code and name of a new checklist, asked in a dialog
    "insight/widgets/contact.py",  # why a number is looked at, asked in a dialog
    "people/screen_sign_in.py",  # a password never lies on a device
    "plans/widgets/plan_tools.py",  # the title of a template, asked in a dialog
    "review/widgets/answer_row.py",  # its keys go to Asked, above
    "review/widgets/doubling.py",  # two numbers of a rule, saved at once
    "shell/choosing.py",  # narrows a list
    "shell/parts.py",  # the field itself
    "visits/screen_drive.py",  # the reason of a correction, asked in a dialog
    "visits/widgets/signature.py",  # the name under a signature, which is drawn in one go with it
}


def test_a_screen_with_a_field_keeps_its_words_or_is_named_here() -> None:
    """The list is closed: a new form keeps what is typed, and a name that lost its reason is refused."""
    keeping = re.compile(r"typed\.of\(|saved_text|SavedText")
    found = {
        path.relative_to(APP).as_posix()
        for path in APP.rglob("*.py")
        if re.search(r"text_field\(|TextField\(|typed\.field\(", text := path.read_text("utf-8"))
        and not keeping.search(text)
    }
    assert found == WITHOUT_KEPT_WORDS


def test_every_form_of_the_administration_is_given_kept_words() -> None:
    losing: list[str] = []
    for path in (APP / "admin").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            name, first = ast.unparse(call.func), ast.unparse(call.args[0]) if call.args else ""
            if name == "Typed" and "typed.of(" not in first and first != "kept":
                losing.append(path.name)
            if name == "ft.use_ref" and first in {"Typed", "Typed.for_search"}:
                searching = first.endswith("for_search") and "search_line(" in path.read_text("utf-8")
                losing += [] if searching else [path.name]
    assert losing == []


def test_photos_chosen_for_a_form_come_back_after_a_restart_in_order(path: Path) -> None:
    blobs = MemoryBlobs()

    async def choosing() -> None:
        forms = Typed(make_store(path, blobs=blobs))
        form = forms.of("action/1")
        for data, kind in ((b"before", "before"), (b"after", "after"), (b"wrong one", "after")):
            await forms.keep(form, data, kind)
        await forms.drop(form, form.files[-1])

    async def again() -> list[tuple[str, bytes | None]]:
        forms = Typed(make_store(path, blobs=blobs))
        form = forms.of("action/1")
        assert await forms.load(form)
        assert not await forms.load(form)
        return [(file.kind, file.data) for file in form.files]

    asyncio.run(choosing())
    assert asyncio.run(again()) == [("before", b"before"), ("after", b"after")]
    assert sorted(blobs.files.values()) == [b"after", b"before"]


def test_a_photo_taken_out_of_one_form_stays_where_another_or_the_queue_needs_it(path: Path) -> None:
    blobs = MemoryBlobs()

    async def choosing() -> None:
        store = make_store(path, blobs=blobs)
        forms = Typed(store)
        first, second, third = (forms.of(f"appeal/1/F0{number}") for number in (1, 2, 3))
        await forms.keep(first, b"lamp")
        await forms.keep(second, b"lamp")
        await forms.drop(first, first.files[0])
        assert b"lamp" in blobs.files.values()
        await forms.keep(third, b"sent")
        with store.write() as connection:
            media.add(connection, [media.NewFile(third.files[0].sha256, 4, "image/jpeg")], "2026-11-03")
        await forms.drop(third, third.files[0])
        assert b"sent" in blobs.files.values()
        lamp = second.files[0]
        await forms.drop(second, lamp)
        await forms.drop(second, lamp)  # a second tap
        assert list(blobs.files.values()) == [b"sent"]

    asyncio.run(choosing())


def test_a_form_that_was_sent_shows_no_photos_after_a_restart(path: Path) -> None:
    blobs = MemoryBlobs()

    async def sending() -> None:
        forms = Typed(make_store(path, blobs=blobs))
        form = forms.of("action/1")
        await forms.keep(form, b"lamp")
        form.clear()

    asyncio.run(sending())
    again = Typed(make_store(path, blobs=blobs)).of("action/1")
    assert again.files == []


def test_photos_of_a_form_that_nobody_touched_for_long_leave_the_device(path: Path) -> None:
    clock, blobs = Clock(), MemoryBlobs()

    async def choosing() -> None:
        forms = Typed(make_store(path, clock=clock, blobs=blobs))
        await forms.keep(forms.of("action/1"), b"lamp")

    async def opening() -> None:
        forms = Typed(make_store(path, clock=clock, blobs=blobs))
        await forms.load(forms.of("action/2"))
        assert forms.of("action/1").files == []

    asyncio.run(choosing())
    clock.at += FORGOTTEN + timedelta(days=1)
    asyncio.run(opening())
    assert blobs.files == {}

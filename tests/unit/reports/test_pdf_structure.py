"""What a screen reader finds in a report: the tree of a tagged PDF, read back from the file."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, cast

from pypdf import PdfReader

from sync_server.reports.plan_pdf import plan_pdf
from tests.factories.plan_reports import plan


def reader() -> PdfReader:
    return PdfReader(io.BytesIO(plan_pdf(plan(), "zh")))


def below(element: Any) -> Iterator[Any]:
    yield element
    held = element.get("/K", [])
    for child in held if isinstance(held, list) else []:
        if not isinstance(child, int):
            yield from below(child.get_object())


def tree(pdf: PdfReader) -> list[Any]:
    return list(below(cast(Any, pdf.trailer["/Root"])["/StructTreeRoot"]["/K"].get_object()))


def marked(page: Any) -> list[tuple[str, int]]:
    """Kind and number of each marked content, in the order in which the page draws them."""
    code = page.get_contents().get_data().decode("latin-1")
    return [(kind, int(at)) for kind, at in re.findall(r"/(\w+) <</MCID (\d+)>> BDC", code)]


def test_the_document_says_that_it_is_tagged() -> None:
    assert cast(Any, reader().trailer["/Root"])["/MarkInfo"]["/Marked"]


def test_everything_drawn_is_either_read_or_marked_as_no_content() -> None:
    for page in reader().pages:
        contents = page.get_contents()
        assert contents is not None
        code = contents.get_data().decode("latin-1")
        depth = 0
        for line in code.splitlines():
            depth += line.endswith((" BDC", " BMC"))
            depth -= line == "EMC"
            assert depth in (0, 1)
            if re.search(r" Tj\b| re f|\bl S\b", line):
                assert depth == 1, line
        assert depth == 0


def test_every_marked_content_is_named_by_the_tree_at_its_place() -> None:
    pdf = reader()
    nums = cast(Any, pdf.trailer["/Root"])["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    listed = dict(zip(nums[::2], nums[1::2], strict=True))
    found = 0
    for page in pdf.pages:
        elements = listed[page["/StructParents"]]
        there = marked(page)
        assert [at for _, at in there] == list(range(len(elements)))
        for (kind, at), one in zip(there, elements, strict=True):
            element = one.get_object()
            assert (element["/S"], element["/K"]) == (f"/{kind}", at)
            assert element["/Pg"] == page
            found += 1
    assert found == sum(isinstance(one["/K"], int) for one in tree(pdf))


def test_headings_tables_and_pictures_are_told_apart() -> None:
    elements = tree(reader())
    kinds = {one["/S"] for one in elements}
    assert {"/Document", "/H1", "/H2", "/P", "/Table", "/TR", "/TH", "/TD", "/Figure"} <= kinds
    pictures = [one["/Alt"] for one in elements if one["/S"] == "/Figure"]
    assert any("2026-10: 81.0%" in words for words in pictures)
    rows = [one for one in elements if one["/S"] == "/TR"]
    assert all(child.get_object()["/S"] in ("/TH", "/TD") for row in rows for child in row["/K"])

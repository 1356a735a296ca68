"""The structure tree of a tagged PDF: what a screen reader reads, in order (ISO 32000-1, 14.7 and 14.8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFDocument,
    PDFName,
    PDFObject,
    PDFObjectReference,
    PDFPage,
)

_ROOT = "StructTreeRoot"


@dataclass(eq=False)
class Element:
    """A node of the tree: with contents on one page (``place`` is their number there), or with children."""

    kind: str
    parent: Element | None
    number: int
    page: int = 0
    place: int | None = None
    language: str = ""
    words: str = ""
    """What stands for a picture."""
    children: list[Element] = field(default_factory=list["Element"])


class _Node(PDFObject):
    """An element as the file holds it; written as one string, for there are thousands of them."""

    def __init__(self, element: Element) -> None:
        self._element = element

    def format(self, document: PDFDocument) -> bytes:
        """The element's dictionary, once all of them have their numbers."""
        return _words(self._element, document).encode("ascii")


class _Plain(PDFObject):
    """Syntax that reportlab has no type for."""

    def __init__(self, words: str) -> None:
        self._words = words

    def format(self, document: PDFDocument) -> bytes:
        """The words as they are."""
        return self._words.encode("ascii")


def _hex(text: str) -> str:
    return f"<FEFF{text.encode('utf-16-be').hex()}>"


class Structure:
    """Grows while a document is drawn and is written into it at the end."""

    def __init__(self) -> None:
        self._root = Element("Document", None, 0)
        self._all = [self._root]
        self._open = [self._root]
        self._pages: list[list[Element]] = [[]]

    def begin(self, kind: str) -> None:
        """A group (a table, a row of it); what follows stands in it until :meth:`end`."""
        self._open.append(self._add(kind))

    def end(self) -> None:
        """The group is complete."""
        self._open.pop()

    def mark(self, kind: str, language: str = "", words: str = "") -> int:
        """A node with contents on this page; the number that they are marked with."""
        one, here = self._add(kind), self._pages[-1]
        one.page, one.place, one.language, one.words = len(self._pages), len(here), language, words
        here.append(one)
        return len(here) - 1

    def turn(self) -> None:
        """The page is complete."""
        self._pages.append([])

    def _add(self, kind: str) -> Element:
        one = Element(kind, self._open[-1], len(self._all))
        self._open[-1].children.append(one)
        self._all.append(one)
        return one

    def write(self, document: PDFDocument, pages: Sequence[PDFPage]) -> None:
        """Hang the tree into the document's catalog and number its pages."""
        for one in self._all:
            document.Reference(_Node(one), _name(one))
        nums: list[object] = []
        for number, page in enumerate(cast(Sequence[Any], pages)):
            page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
            page.StructParents, page.Tabs = number, PDFName("S")
            held = " ".join(_reference(document, _name(one)) for one in self._pages[number])
            nums += [number, _Plain(f"[{held}]")]
        root = PDFDictionary(
            {
                "Type": PDFName("StructTreeRoot"),
                "K": PDFObjectReference(_name(self._root)),
                "ParentTree": PDFDictionary({"Nums": PDFArray(nums)}),
                "ParentTreeNextKey": len(pages),
            }
        )
        catalog = cast(Any, document).Catalog
        catalog.StructTreeRoot = document.Reference(root, _ROOT)
        catalog.MarkInfo = PDFDictionary({"Marked": _Plain("true")})


def _name(one: Element) -> str:
    return f"Element{one.number}"


def _reference(document: PDFDocument, name: str) -> str:
    number, generation = cast(Any, document).idToObjectNumberAndVersion[name]
    return f"{number} {generation} R"


def _words(one: Element, document: PDFDocument) -> str:
    above = _name(one.parent) if one.parent else _ROOT
    parts = [f"/S /{one.kind} /P {_reference(document, above)}"]
    if one.place is not None:
        parts.append(f"/Pg {_reference(document, f'Page{one.page}')} /K {one.place}")
    else:
        parts.append(f"/K [{' '.join(_reference(document, _name(child)) for child in one.children)}]")
    if one.language:
        parts.append(f"/Lang ({one.language})")
    if one.words:
        parts.append(f"/Alt {_hex(one.words)}")
    return f"<< {' '.join(parts)} >>"

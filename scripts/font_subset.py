"""Cut the Chinese user-interface font out of Noto Sans SC, with marks from Noto Sans Symbols 2.

Called by scripts/fonts. Prints what the sources lack and the sizes; ends with an error above 3 MB.
"""

from __future__ import annotations

import bz2
import re
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

# Blocks and marks that a user interface and a printed plan want besides Chinese.
MARKS = [
    (0x20, 0x7E), (0xA0, 0x17F), (0x2C6, 0x2DD), (0x391, 0x3C9), (0x401, 0x451), (0x2010, 0x205E),
    (0x2070, 0x209C), (0x20A0, 0x20BF), (0x2100, 0x2139), (0x2150, 0x218B), (0x2190, 0x21FF),
    (0x2200, 0x22FF), (0x2300, 0x23FF), (0x2460, 0x24FF), (0x25A0, 0x25FF), (0x2600, 0x2612),
    (0x2630, 0x2671), (0x2690, 0x26AB), (0x2700, 0x2767), (0x2776, 0x27BF), (0x2B05, 0x2B07),
    (0x2B1B, 0x2B1C), (0x2B50, 0x2B55), (0x3000, 0x303F), (0x3041, 0x30FF), (0x3200, 0x3247),
    (0x32C0, 0x32CB), (0x3380, 0x33DF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF),
]  # fmt: skip
LIMIT = 3_000_000


def gb2312() -> set[int]:
    """Every character of GB 2312-80."""
    found: set[int] = set()
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((high, low)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def general_standard(unihan: Path) -> set[int]:
    """The 8,105 characters of 通用规范汉字表 (2013), Unihan field kTGH."""
    text = bz2.decompress(unihan.read_bytes()).decode()
    return {int(code, 16) for code in re.findall(r"^U\+([0-9A-F]+)\tkTGH\t", text, re.M)}


def borrow(font: TTFont, donor: TTFont, wanted: set[int]) -> None:
    """Copy the wanted simple glyphs that `font` lacks from `donor`, which has the same units per em."""
    if font["head"].unitsPerEm != donor["head"].unitsPerEm:
        raise SystemExit("the two fonts differ in units per em")
    have, offered = font.getBestCmap(), donor.getBestCmap()
    order = list(font.getGlyphOrder())
    added: dict[int, str] = {}
    for code in sorted(wanted - set(have)):
        glyph = donor["glyf"][offered[code]] if code in offered else None
        if glyph is None or glyph.isComposite():
            continue
        name = f"borrowed{code:04X}"
        added[code] = name
        order.append(name)
        font["glyf"].glyphs[name] = glyph
        font["hmtx"].metrics[name] = donor["hmtx"].metrics[offered[code]]
        if "vmtx" in font:
            font["vmtx"].metrics[name] = (font["head"].unitsPerEm, 0)
    font.setGlyphOrder(order)
    font["glyf"].glyphOrder = order
    for table in font["cmap"].tables:
        if table.isUnicode() and table.format in (4, 12):
            table.cmap.update(added)


def cut(font: TTFont, wanted: set[int], out: Path) -> set[int]:
    """Write the subset of `font` with the wanted characters; return those that it has."""
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["GPOS", "GSUB", "GDEF", "vhea", "vmtx", "VORG", "BASE", "STAT"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    font.save(out)
    return set(font.getBestCmap())


def main(source: Path, symbols: Path, unihan: Path, out: Path) -> None:
    """Write the fonts and say what the sources lack."""
    marks = {code for first, last in MARKS for code in range(first, last + 1)}
    standard = general_standard(unihan)
    chinese = gb2312() | standard
    font = TTFont(source, recalcTimestamp=False)
    borrow(font, TTFont(symbols), marks)
    text = out / "NotoSansSC-Regular.ttf"
    has = cut(font, chinese | marks, text)
    # Answers Flutter's search for fallback fonts: a space and the box of a missing glyph, nothing else.
    cut(TTFont(source, recalcTimestamp=False), {0x20, 0xA0}, out / "blank.ttf")
    missing = sorted(chinese - has)
    print(f"{len(standard)} standard characters, {len(chinese)} Chinese wanted, {len(missing)} missing")
    print("".join(map(chr, missing)))
    print(f"{text}: {len(has)} characters, {text.stat().st_size:,} bytes")
    if text.stat().st_size > LIMIT:
        raise SystemExit(f"more than {LIMIT:,} bytes")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]))

"""Draw the app's icons (assets/icons): 回 of the Chinese font in white on the theme's colour."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

COLOUR = "#1D4E6F"
OUT = Path(__file__).resolve().parent.parent / "assets" / "icons"
FONT = OUT.parent / "fonts" / "NotoSansSC-Regular.ttf"


def icon(size: int, *, radius: float, glyph: float) -> Image.Image:
    """A square icon; corner radius and glyph height are parts of the size. Drawn large, reduced."""
    big = size * 4
    image = Image.new("RGBA", (big, big), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, big - 1, big - 1), big * radius, fill=COLOUR)
    font = ImageFont.truetype(FONT, int(big * glyph))
    draw.text((big / 2, big / 2), "回", font=font, fill="white", anchor="mm", stroke_width=big // 90)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    """Write all icons."""
    OUT.mkdir(exist_ok=True)
    for size in (192, 512):
        icon(size, radius=0.22, glyph=0.66).save(OUT / f"icon-{size}.png", optimize=True)
        # A maskable icon may be cut to a circle: full square, glyph within the safe zone.
        icon(size, radius=0, glyph=0.5).save(OUT / f"icon-maskable-{size}.png", optimize=True)
    icon(192, radius=0, glyph=0.62).convert("RGB").save(OUT / "apple-touch-icon-192.png", optimize=True)
    icon(32, radius=0.2, glyph=0.8).save(OUT / "favicon.png", optimize=True)


if __name__ == "__main__":
    main()

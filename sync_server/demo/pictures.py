"""Photos for the demo: drawn showroom scenes as JPEG, each one different, none of a real place."""

from __future__ import annotations

import io
from random import Random

from PIL import Image, ImageDraw

_SIZE = (800, 600)
_WALLS = ((214, 219, 224), (228, 223, 214), (205, 214, 220), (232, 232, 228))
_PAINTS = ((168, 32, 38), (32, 62, 110), (240, 241, 243), (52, 54, 58), (120, 128, 134), (28, 92, 74))


def showroom_photo(random: Random) -> bytes:
    """A showroom with a car, seen from a random place; ``random`` decides everything in it."""
    width, height = _SIZE
    horizon = int(height * random.uniform(0.42, 0.58))
    picture = Image.new("RGB", _SIZE, random.choice(_WALLS))
    draw = ImageDraw.Draw(picture)
    floor = random.randint(120, 175)
    for y in range(horizon, height):
        shade = floor + int((y - horizon) / (height - horizon) * 60)
        draw.line((0, y, width, y), fill=(shade, shade, min(255, shade + 6)))
    for column in range(-2, 9):
        vanishing = width * random.uniform(0.45, 0.55)
        x = column * width / 6
        draw.line((vanishing, horizon, x, height), fill=(150, 150, 155), width=2)
    for _ in range(random.randint(2, 4)):
        left = random.randint(0, width - 260)
        top = random.randint(10, max(11, horizon - 180))
        pane = (left, top, left + random.randint(160, 260), top + 150)
        draw.rectangle(pane, fill=(176, 204, 222), outline=(120, 126, 132), width=4)
    if random.random() < 0.4:
        x, y = random.randint(60, width - 200), random.randint(horizon + 40, height - 60)
        draw.ellipse((x, y, x + 120, y + 26), fill=(110, 96, 78))  # a stain or a puddle on the floor
    _car(draw, random, horizon)
    shift = random.randint(0, 40)  # nobody holds a tablet twice at the same place
    picture = picture.crop((shift, 20, width - 40 + shift, height - 10))
    return jpeg(picture)


def jpeg(picture: Image.Image, quality: int = 62) -> bytes:
    """JPEG bytes of a picture."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _car(draw: ImageDraw.ImageDraw, random: Random, horizon: int) -> None:
    paint = random.choice(_PAINTS)
    scale = random.uniform(0.7, 1.1)
    x, y = random.randint(60, 220), horizon + random.randint(40, 110)

    def at(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x + px * scale, y + py * scale) for px, py in points]

    draw.ellipse((x - 20, y + 100 * scale, x + 540 * scale, y + 150 * scale), fill=(90, 92, 96))
    draw.polygon(
        at(
            [
                (0, 60),
                (40, 20),
                (130, 8),
                (190, -50),
                (350, -52),
                (430, 6),
                (520, 24),
                (530, 80),
                (520, 108),
                (8, 108),
            ]
        ),
        fill=paint,
    )
    draw.polygon(at([(150, 8), (198, -40), (262, -42), (262, 8)]), fill=(38, 46, 54))
    draw.polygon(at([(274, 8), (274, -42), (344, -42), (408, 8)]), fill=(38, 46, 54))
    for wheel in (110, 420):
        (x0, y0), (x1, y1) = at([(wheel - 46, 62), (wheel + 46, 154)])
        draw.ellipse((x0, y0, x1, y1), fill=(24, 24, 26))
        draw.ellipse((x0 + 20, y0 + 20, x1 - 20, y1 - 20), fill=(178, 182, 186))

"""Drawing on a dark page: texts, boxes, outlines. RGB uint8 arrays, (rows, columns, 3).

The font is the one inside Pillow, so that a picture is the same on every machine; it holds ASCII only, and other
characters are written as their nearest ASCII.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from node.domain.wording import plain

Colour = tuple[int, int, int]
RgbArray = NDArray[np.uint8]

BACKGROUND: Final[Colour] = (14, 17, 22)
PANEL: Final[Colour] = (23, 27, 34)
RULE: Final[Colour] = (52, 60, 72)
TEXT: Final[Colour] = (232, 236, 241)
FAINT: Final[Colour] = (150, 160, 172)
WARNING: Final[Colour] = (240, 228, 66)
"""Yellow of the Okabe-Ito palette."""


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType; install the Pillow wheel.")
    return font


class Canvas:
    """A page to draw on; ``rgb()`` gives the finished array."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width, height), BACKGROUND)
        self.draw = ImageDraw.Draw(self.image)

    def rgb(self) -> RgbArray:
        """The page, uint8 (height, width, 3)."""
        return np.asarray(self.image, dtype=np.uint8).copy()

    def text(self, x: float, y: float, text: str, size: int = 18, colour: Colour = TEXT, anchor: str = "la") -> None:
        """Write ``text``; ``anchor`` as Pillow's (``la`` left of the ascender, ``ra`` right, ``mm`` middle)."""
        self.draw.text((x, y), plain(text), font=_font(size), fill=colour, anchor=anchor)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour = PANEL, radius: int = 8) -> None:
        """A filled box with round corners."""
        self.draw.rounded_rectangle((x, y, x + width, y + height), radius, fill=colour)

    def line(self, points: list[tuple[float, float]], colour: Colour, width: int = 1) -> None:
        """A line through points (x, y)."""
        self.draw.line(points, fill=colour, width=width)

    def badge(self, x: float, y: float, text: str, colour: Colour) -> None:
        """A number in a coloured disc around (x, y)."""
        radius = 13 if len(text) < 3 else 17
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
        self.text(x, y + 1, text, 16, BACKGROUND, "mm")

    def paste(self, rgb: RgbArray, x: int, y: int) -> None:
        """Put a picture with its upper left corner at (x, y)."""
        self.image.paste(Image.fromarray(rgb), (x, y))


def text_width(text: str, size: int) -> float:
    """Width of ``text`` in pixels."""
    return float(_font(size).getlength(plain(text)))


def wrapped(text: str, size: int, width: float) -> list[str]:
    """``text`` in lines of at most ``width`` pixels, broken between words."""
    lines = [""]
    for word in plain(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def shortened(text: str, size: int, width: float) -> str:
    """``text`` if it is at most ``width`` pixels wide, else its first words, or letters of one word, and dots."""
    short = plain(text)
    while short and text_width(short if short == plain(text) else f"{short}...", size) > width:
        short = short.rpartition(" ")[0].rstrip(",;") or short[:-1]
    return short if short == plain(text) else f"{short}..."


def resized(picture: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """A float picture scaled to (height, width), bicubic."""
    scaled = Image.fromarray(picture.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(scaled, dtype=np.float64)


def resized_mask(mask: NDArray[np.bool_], width: int, height: int) -> NDArray[np.bool_]:
    """A mask scaled to (height, width); borders smoothed by half a pixel."""
    return np.asarray(resized(mask.astype(np.float64), width, height) > 0.5)


def grey(level: NDArray[np.float64]) -> RgbArray:
    """Grey levels from 0 to 1 as RGB, slightly blue as on a viewing box."""
    clipped = np.clip(level, 0.0, 1.0)[..., None]
    return np.asarray(np.rint(clipped * np.array([238.0, 243.0, 250.0])), dtype=np.uint8)


def tinted(rgb: RgbArray, mask: NDArray[np.bool_], colour: Colour, strength: float) -> None:
    """Mix ``colour`` into ``rgb`` where ``mask``, in place; ``strength`` from 0 to 1."""
    mixed = (1.0 - strength) * rgb[mask].astype(np.float64) + strength * np.array(colour, dtype=np.float64)
    rgb[mask] = np.rint(mixed).astype(np.uint8)


def outlined(rgb: RgbArray, mask: NDArray[np.bool_], colour: Colour, width: int = 2, dashed: bool = False) -> None:
    """Draw the border of ``mask`` just outside it, in place; dashed for what is not certain."""
    ring = ndimage.binary_dilation(mask, np.ones((3, 3), bool), iterations=width) & ~mask
    if dashed:
        rows, columns = np.indices(mask.shape)
        ring &= (rows + columns) % 12 < 7
    rgb[ring] = colour

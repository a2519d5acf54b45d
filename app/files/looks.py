"""Whether a photo can be read: a hint to the person, who may always say that it is good enough."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

# Judged at the size at which a page fills a phone's screen: finer detail is mostly the sensor's noise.
_SIDE = 1000
_LEAST_SHARPNESS = 0.015
_LEAST_EVENNESS = 0.1
_LEAST_CONTRAST = 20.0
_LEAST_LIGHT = 80
# Across, down, and along the diagonals.
_DIRECTIONS = (
    (0, 0, 0, 1, -2, 1, 0, 0, 0),
    (0, 1, 0, 0, -2, 0, 0, 1, 0),
    (1, 0, 0, 0, -2, 0, 0, 0, 1),
    (0, 0, 1, 0, -2, 0, 1, 0, 0),
)
# Smaller pictures than this hold no paper.
_SMALLEST = 200


class Look(StrEnum):
    """What makes a photo hard to read."""

    BLURRED = "blurred"
    DARK = "dark"


def judge(picture: Image.Image) -> Look | None:
    """What makes this photo hard to read; None when nothing does.

    Dark: even the brightest twentieth of it, the paper itself, is darker than 80 of 255. The mean
    would blame a white card on a dark table. Text lit that weakly drowns in a phone sensor's noise.

    Blurred: how sharply brightness bends, measured across, down and along both diagonals (variance
    of the second difference, as a part of the variance of the brightness, so that neither light nor
    ink matters). Pages of printed Chinese, 6 to 40 lines a page, give 0.2 to 1.7 in their weakest
    direction when sharp, 0.02 to 0.05 when blurred by four points of 3000 (legible with effort) and
    at most 0.011 by six (strokes of small characters run together). A hand that moved leaves the
    direction it moved in weaker than a tenth of the strongest; of a sharp page it is at least 0.3.
    Where nothing stands out at all, variance below 20, there is nothing to be read.
    """
    from PIL import ImageStat

    gray = picture.convert("L")
    gray.thumbnail((_SIDE, _SIDE))
    if min(gray.size) < _SMALLEST:
        return None
    if _brightness_below_which(gray, 0.95) < _LEAST_LIGHT:
        return Look.DARK
    contrast = ImageStat.Stat(gray).var[0]
    if contrast < _LEAST_CONTRAST:
        return Look.BLURRED
    sharpness = [_sharpness(gray, kernel) / contrast for kernel in _DIRECTIONS]
    weakest = max(_LEAST_SHARPNESS, _LEAST_EVENNESS * max(sharpness))
    return Look.BLURRED if min(sharpness) < weakest else None


def _sharpness(gray: Image.Image, kernel: tuple[int, ...]) -> float:
    """The variance of the second difference in one direction."""
    from PIL import ImageFilter, ImageStat

    bent = gray.filter(ImageFilter.Kernel((3, 3), kernel, scale=1, offset=128))
    # Pillow leaves the outermost points as they were.
    return ImageStat.Stat(bent.crop((1, 1, gray.width - 1, gray.height - 1))).var[0]


def _brightness_below_which(gray: Image.Image, share: float) -> int:
    """The brightness that this share of the picture does not exceed."""
    left = share * gray.width * gray.height
    for brightness, count in enumerate(gray.histogram()):
        left -= count
        if left <= 0:
            return brightness
    return 255

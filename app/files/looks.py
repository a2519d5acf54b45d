"""Whether a photo can be read: a hint to the person, who may always say that it is good enough."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

# Judged at the size at which a page fills a phone's screen: finer detail is mostly the sensor's noise.
_SIDE = 1000
_LEAST_DETAIL = 0.04
_LEAST_CONTRAST = 20.0
_LEAST_LIGHT = 80
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

    Blurred: the variance of the Laplacian (how much neighbouring points differ) is less than 4 % of
    the variance of the brightness. The ratio does not depend on light or ink. Pages of printed
    Chinese, 6 to 45 lines a page, give 0.39 to 2.5 when sharp, 0.05 to 0.1 when blurred by four
    points of 3000 (legible with effort) and 0.02 to 0.03 by six (strokes of small characters run
    together). Where nothing stands out at all, variance below 20, there is nothing to be read.
    """
    from PIL import ImageFilter, ImageStat

    gray = picture.convert("L")
    gray.thumbnail((_SIDE, _SIDE))
    if min(gray.size) < _SMALLEST:
        return None
    if _brightness_below_which(gray, 0.95) < _LEAST_LIGHT:
        return Look.DARK
    contrast = ImageStat.Stat(gray).var[0]
    if contrast < _LEAST_CONTRAST:
        return Look.BLURRED
    around = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
    detail = ImageStat.Stat(gray.filter(around)).var[0]
    return Look.BLURRED if detail / contrast < _LEAST_DETAIL else None


def _brightness_below_which(gray: Image.Image, share: float) -> int:
    """The brightness that this share of the picture does not exceed."""
    left = share * gray.width * gray.height
    for brightness, count in enumerate(gray.histogram()):
        left -= count
        if left <= 0:
            return brightness
    return 255

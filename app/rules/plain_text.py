"""Tables in a terminal, where a Chinese character is two columns wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

CLOSING = "，。、；：！？）》」』”’"
LONGEST_RUN = 24


def width(text: str) -> int:
    """How many columns a text takes."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def wrapped(text: str, columns: int) -> list[str]:
    """The text in lines of at most `columns`, broken at spaces where there are any near, else anywhere."""
    lines = [""]
    for word in _pieces(text):
        if width(lines[-1]) + width(word) <= columns or not lines[-1]:
            lines[-1] += word
        else:
            lines[-1] = lines[-1].rstrip()
            lines.append(word.lstrip())
    return lines


def _pieces(text: str) -> Iterator[str]:
    """Pieces a line may end after: single Chinese characters, short runs of ASCII, no lone closing sign."""
    piece = ""
    for character in text:
        joins = character.isascii() and not character.isspace() and piece[-1:].isascii()
        if piece and (character in CLOSING or (joins and len(piece) < LONGEST_RUN)):
            piece += character
            continue
        if piece:
            yield piece
        piece = character
    if piece:
        yield piece


def table(rows: Sequence[Sequence[str]], widths: Sequence[int], indent: str = "") -> Iterator[str]:
    """Lines of a table; a column of `widths` wraps, and a first cell equal to the one above is left out."""
    above = ""
    for row in rows:
        first = "" if row[0] == above else row[0]
        above = row[0]
        cells = [
            wrapped(cell, columns) for cell, columns in zip((first, *row[1:]), widths, strict=True)
        ]
        for number in range(max(map(len, cells))):
            parts = [cell[number] if number < len(cell) else "" for cell in cells]
            padded = [
                part + " " * (columns - width(part))
                for part, columns in zip(parts, widths, strict=True)
            ]
            yield (indent + "  ".join(padded)).rstrip()

"""Days for a telephone's calendar: a text/calendar file (RFC 5545) of whole-day events.

    calendar([Event(day, "上户口：最晚这一天", "…", timedelta(days=7))], "就近办", clock.now())

An event says what and when and nothing of anybody: its id is drawn by lot.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

LONGEST_LINE: Final = 75  # octets, without the line break (RFC 5545, 3.1)


@dataclass(frozen=True)
class Event:
    """One day: its title, a text, and how long before a calendar should remind."""

    day: date
    title: str
    text: str
    remind_before: timedelta


def calendar(events: Iterable[Event], name: str, made_at: datetime) -> bytes:
    """The file. `made_at` is a real instant; `name` is who made it."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//jiujinban//{_escaped(name)}//ZH",
        "METHOD:PUBLISH",
    ]
    for event in events:
        lines += _event(event, made_at)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _event(event: Event, made_at: datetime) -> list[str]:
    title = _escaped(event.title)
    return [
        "BEGIN:VEVENT",
        f"UID:{uuid.uuid4()}",
        f"DTSTAMP:{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{title}",
        f"DESCRIPTION:{_escaped(event.text)}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{title}",
        f"TRIGGER:-P{event.remind_before.days}D",
        "END:VALARM",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    """TEXT as 3.3.11 wants it; a control character would end the line or the file."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\n")):
        text = text.replace(plain, escaped)
    text = text.replace("\n", "\\n")
    return "".join(letter for letter in text if letter.isprintable())


def _folded(line: str) -> Iterator[str]:
    """A long line in pieces that never cut a character; each piece after the first begins with a blank."""
    piece, size = "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > LONGEST_LINE:
            yield piece
            piece, size = " ", 1
        piece += letter
        size += octets
    yield piece

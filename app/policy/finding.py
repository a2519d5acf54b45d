"""Mistakes in rulebooks, with their place and what was expected, in words that translate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Translate = Callable[[str], str]
Where = tuple[int | str, ...]


@dataclass(frozen=True)
class Words:
    """A sentence and the values for its `%(name)s` places; a value may be a sentence itself."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def said(self, translate: Translate = str) -> str:
        """The sentence in the script of `translate`."""
        values = {
            name: value.said(translate) if isinstance(value, Words) else value
            for name, value in self.values.items()
        }
        return translate(self.text) % values if values else translate(self.text)


def words(text: str, /, **values: Any) -> Words:
    """A sentence with its values."""
    return Words(text, values)


@dataclass(frozen=True)
class Finding:
    """One mistake: where it is and what was expected there."""

    file: str
    line: int
    field: str
    expected: Words

    def said(self, translate: Translate = str) -> str:
        """The whole finding in one line."""
        return words(
            "%(file)s 第 %(line)s 行 %(field)s：%(expected)s",
            file=self.file,
            line=self.line,
            field=self.field,
            expected=self.expected,
        ).said(translate)

    def __str__(self) -> str:
        return self.said()


class RulebookError(Exception):
    """A rulebook cannot be used: the first finding says where and what was expected."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding

"""A journey: named steps, replayed against the answers each time, never remembered as a position.

Pure. The checker and the application wizard share it: a step knows when it is shown and when it is
done; everything else (what comes next, what may be opened, how far along) follows from the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Answers = TypeVar("Answers")


def always(_answers: object) -> bool:
    """The rule of a step that everyone sees."""
    return True


@dataclass(frozen=True)
class Step(Generic[Answers]):
    """One page of a journey: its name in the address, when it is done, and for whom it is shown."""

    name: str
    done: Callable[[Answers], bool]
    shown: Callable[[Answers], bool] = always


@dataclass(frozen=True)
class Progress:
    """Where a step stands among those shown now: the `position`-th (from 1) of `count`."""

    position: int
    count: int


@dataclass(frozen=True)
class Journey(Generic[Answers]):
    """The steps as these answers make them. Names that are not shown raise `KeyError`."""

    steps: Sequence[Step[Answers]]
    answers: Answers

    @property
    def visible(self) -> tuple[str, ...]:
        """Names of the steps shown for these answers, in order."""
        return tuple(step.name for step in self.steps if step.shown(self.answers))

    @property
    def first_incomplete(self) -> str | None:
        """The first shown step that is not done; None when the journey is complete."""
        for step in self.steps:
            if step.shown(self.answers) and not step.done(self.answers):
                return step.name
        return None

    @property
    def complete(self) -> bool:
        """Whether every shown step is done."""
        return self.first_incomplete is None

    def is_visible(self, name: str) -> bool:
        """Whether a step of this name exists and is shown."""
        return name in self.visible

    def is_reachable(self, name: str) -> bool:
        """Whether a step may be opened: it is shown and every shown step before it is done."""
        if not self.is_visible(name):
            return False
        limit = self.first_incomplete
        return limit is None or self._index(name) <= self._index(limit)

    def next(self, name: str) -> str | None:
        """The shown step after this one, or None at the end."""
        after = self._index(name) + 1
        return self.visible[after] if after < len(self.visible) else None

    def previous(self, name: str) -> str | None:
        """The shown step before this one, or None at the start."""
        before = self._index(name) - 1
        return self.visible[before] if before >= 0 else None

    def progress(self, name: str) -> Progress:
        """How far along a shown step is."""
        return Progress(self._index(name) + 1, len(self.visible))

    def _index(self, name: str) -> int:
        try:
            return self.visible.index(name)
        except ValueError:
            raise KeyError(name) from None

"""A journey: named steps, replayed against the answers each time, never remembered as a position.

Pure. The checker and the application wizard share it: a step knows when it is shown and when it is
done; everything else (what comes next, what may be opened, how far along) follows from the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
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
    """The steps as these answers make them, worked out once. Names that are not shown raise `KeyError`."""

    steps: Sequence[Step[Answers]]
    answers: Answers

    @cached_property
    def visible(self) -> tuple[str, ...]:
        """Names of the steps shown for these answers, in order."""
        return tuple(step.name for step in self.steps if step.shown(self.answers))

    @cached_property
    def first_incomplete(self) -> str | None:
        """The first shown step that is not done; None when the journey is complete."""
        shown = set(self.visible)
        for step in self.steps:
            if step.name in shown and not step.done(self.answers):
                return step.name
        return None

    @property
    def complete(self) -> bool:
        """Whether every shown step is done."""
        return self.first_incomplete is None

    def is_visible(self, name: str) -> bool:
        """Whether a step of this name exists and is shown."""
        return any(step.name == name and step.shown(self.answers) for step in self.steps)

    def is_reachable(self, name: str) -> bool:
        """Whether a step may be opened: it is shown and every shown step before it is done."""
        for step in self.steps:
            if not step.shown(self.answers):
                continue
            if step.name == name:
                return True
            if not step.done(self.answers):
                return False
        return False

    def next(self, name: str) -> str | None:
        """The shown step after this one, or None at the end."""
        return self._first_shown(self.steps[self._place(name) + 1 :])

    def previous(self, name: str) -> str | None:
        """The shown step before this one, or None at the start."""
        return self._first_shown(self.steps[: self._place(name)][::-1])

    def _first_shown(self, steps: Sequence[Step[Answers]]) -> str | None:
        return next((step.name for step in steps if step.shown(self.answers)), None)

    def _place(self, name: str) -> int:
        for place, step in enumerate(self.steps):
            if step.name == name and step.shown(self.answers):
                return place
        raise KeyError(name)

    def progress(self, name: str) -> Progress:
        """How far along a shown step is."""
        return Progress(self._index(name) + 1, len(self.visible))

    def _index(self, name: str) -> int:
        try:
            return self.visible.index(name)
        except ValueError:
            raise KeyError(name) from None

"""One form per kind of question. Each knows how to read an answer into what is kept, and back.

“不确定” is always one of the answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, ValidationError

from app.checker.questions import COUNT_TEXTS, MOST_SHOWN, Question
from app.checker.service import UNKNOWN, Stored
from app.fields import ChineseDateField
from app.language import gettext, lazy_gettext
from app.places.picker import PlaceField
from app.policy.facts import EARLIEST

UNSURE: Final = "unsure"
YES_NO: Final = {"yes": True, "no": False}


class QuestionForm(FlaskForm):
    """What every question's form can do. Subclasses say how their boxes become an answer."""

    def fill(self, stored: Stored | None) -> None:
        """Show a kept answer in the boxes."""
        raise NotImplementedError

    def answer(self) -> Stored:
        """The answer to keep, from boxes that were validated."""
        raise NotImplementedError

    @property
    def looking(self) -> bool:
        """Whether this request only looks for a place and answers nothing yet."""
        return False


class ChoiceForm(QuestionForm):
    """Radio cards: a choice, yes or no, or a small count."""

    choice = RadioField(validate_choice=False)
    values: Mapping[str, Any]

    def offer(self, question: Question, most: int) -> None:
        """Put the cards on the page; `most` is the largest count that can be true."""
        self.choice.label.text = question.title
        if question.kind == "yesno":
            cards = [("yes", gettext("是")), ("no", gettext("不是"))]
            self.values = YES_NO
        elif question.kind == "number":
            counts = range(min(most, MOST_SHOWN) + 1)
            cards = [(str(count), COUNT_TEXTS[count]) for count in counts]
            self.values = {str(count): count for count in counts}
        else:
            cards = [(option.value, option.text) for option in question.options]
            self.values = {option.value: option.value for option in question.options}
        self.choice.choices = [*cards, (UNSURE, gettext("不确定"))]

    def validate_choice(self, field: RadioField) -> None:
        if field.data not in self.values and field.data != UNSURE:
            raise ValidationError(gettext("请选一个。拿不准，就选“不确定”"))

    def fill(self, stored: Stored | None) -> None:
        if stored and stored.get("unknown"):
            self.choice.data = UNSURE
        elif stored:
            keys = [key for key, value in self.values.items() if value == stored.get("value")]
            self.choice.data = keys[0] if keys else None

    def answer(self) -> Stored:
        chosen = self.choice.data
        return dict(UNKNOWN) if chosen == UNSURE else {"value": self.values[chosen]}


class DateForm(QuestionForm):
    """A day that is not in the future."""

    day = ChineseDateField()
    unsure = BooleanField(lazy_gettext("不确定"))
    today: date

    def offer(self, question: Question, today: date) -> None:
        self.day.label.text = question.label
        self.today = today
        if not self.day.process_errors:
            self.day.render_kw = {"min": EARLIEST.isoformat(), "max": today.isoformat()}

    def validate(self, extra_validators: Any = None) -> bool:
        if self.unsure.data:
            self.day.process_errors = []
        return bool(super().validate(extra_validators))

    def validate_day(self, field: ChineseDateField) -> None:
        if self.unsure.data:
            return
        if field.data is None:
            raise ValidationError(gettext("请填日期。记不清，就选“不确定”"))
        if field.data > self.today:
            raise ValidationError(gettext("这一天还没有到，请核对"))
        if field.data < EARLIEST:
            raise ValidationError(gettext("年份太早了，请核对"))

    def fill(self, stored: Stored | None) -> None:
        if stored and stored.get("unknown"):
            self.unsure.data = True
        elif stored:
            self.day.data = date.fromisoformat(stored["value"])

    def answer(self) -> Stored:
        day = self.day.data
        return dict(UNKNOWN) if self.unsure.data or day is None else {"value": day.isoformat()}


class PlaceForm(QuestionForm):
    """A place of the mainland to the county at least, or one outside it."""

    division = PlaceField(allow_abroad=True, required=False)
    unsure = BooleanField(lazy_gettext("不确定"))

    def offer(self, question: Question) -> None:
        self.division.label.text = question.label

    @property
    def looking(self) -> bool:
        return bool(self.division.looking)

    def validate_division(self, field: PlaceField) -> None:
        if not field.data and not self.unsure.data:
            raise ValidationError(gettext("请从列表里选一个地方。不知道，就选“不确定”"))

    def fill(self, stored: Stored | None) -> None:
        if stored and stored.get("unknown"):
            self.unsure.data = True
        elif stored:
            self.division.data = stored.get("value")

    def answer(self) -> Stored:
        return dict(UNKNOWN) if self.unsure.data else {"value": self.division.data}


class ResidenceForm(QuestionForm):
    """At the hukou place, with the wife, or somewhere else."""

    where = RadioField(validate_choice=False)
    division = PlaceField(allow_abroad=True, required=False)

    def offer(self, question: Question, *, with_her: bool) -> None:
        self.where.label.text = question.title
        self.division.label.text = question.label
        her = [("with_woman", gettext("和女方住在一起"))] if with_her else []
        self.where.choices = [
            ("hukou", gettext("住在户籍地")),
            *her,
            ("elsewhere", gettext("住在别处")),
            (UNSURE, gettext("不确定")),
        ]

    @property
    def looking(self) -> bool:
        return bool(self.division.looking)

    def validate_where(self, field: RadioField) -> None:
        if field.data not in {value for value, _text in field.choices}:
            raise ValidationError(gettext("请选一个。拿不准，就选“不确定”"))

    def validate_division(self, field: PlaceField) -> None:
        if self.where.data == "elsewhere" and not field.data:
            raise ValidationError(gettext("请从列表里选一个地方。不知道，就选“不确定”"))

    def fill(self, stored: Stored | None) -> None:
        if not stored:
            return
        value = stored.get("value")
        if stored.get("unknown"):
            self.where.data = UNSURE
        elif stored.get("with"):
            self.where.data = "with_woman"
        elif value is None:
            self.where.data = "hukou"
        else:
            self.where.data, self.division.data = "elsewhere", value["division"]

    def answer(self) -> Stored:
        where = self.where.data
        if where == UNSURE:
            return dict(UNKNOWN)
        if where == "with_woman":
            return {"with": "woman"}
        return {"value": None if where == "hukou" else {"division": self.division.data}}

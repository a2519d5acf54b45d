"""What was said in a filing, in words: for whoever reads it over, here or at an office."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.appearance import zh_date
from app.applications.forms import BIRTHS, CHILDREN, FILERS, ID_KINDS, MARRIAGES, STAGES, WITHOUT
from app.delegation.wording import relation_title
from app.language import gettext
from app.vault import mask_id_number, mask_name, mask_phone


@dataclass(frozen=True)
class Told:
    """The answers of one step in words: `rows` of label and text. `step` is where to change them."""

    step: str
    title: str
    rows: tuple[tuple[str, str], ...]


def told(answers: Mapping[str, Any], *, masked: bool) -> list[Told]:
    """The people and the child of a filing, from the stored answers; `masked` hides names and numbers."""
    filer = answers.get("who", {}).get("filer")
    found = (
        [Told("who", gettext("谁来办"), ((gettext("谁来办"), choice_text(FILERS, filer)),))]
        if filer
        else []
    )
    titles = {"agent": gettext("代办人"), "woman": gettext("女方"), "man": gettext("男方")}
    found += [
        Told(who, title, _person_rows(answers[who], masked=masked))
        for who, title in titles.items()
        if answers.get(who) and (who != "agent" or filer == "agent")
    ]
    if answers.get("children"):
        found.append(Told("children", gettext("这一胎"), _child_rows(answers["children"])))
    if answers.get("marriage"):
        found.append(Told("marriage", gettext("婚育情况"), _marriage_rows(answers["marriage"])))
    return found


def instead_text(choice: str) -> str:
    """What the person chose instead of a paper, in words."""
    return str(WITHOUT[choice])


def _person_rows(person: Mapping[str, Any], *, masked: bool) -> tuple[tuple[str, str], ...]:
    name, number, phone = person["name"], person["id_number"], person.get("phone") or ""
    if masked:
        name, number, phone = mask_name(name), mask_id_number(number), mask_phone(phone)
    rows = [
        (gettext("姓名"), name),
        (choice_text(ID_KINDS, person["id_kind"]), number),
        (gettext("手机号"), phone or gettext("没有填")),
    ]
    if person.get("relation"):
        rows.append((gettext("和他们的关系"), relation_title(person["relation"])))
    return tuple(rows)


def _child_rows(child: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = [
        (gettext("孩子出生了吗"), choice_text(STAGES, child["stage"])),
        (gettext("有几个孩子"), choice_text(BIRTHS, child["births"])),
    ]
    for name, label in (("expected_on", gettext("预产期")), ("born_on", gettext("出生日期"))):
        if child.get(name):
            rows.append((label, zh_date(date.fromisoformat(child[name]))))
    return tuple(rows)


def _marriage_rows(told: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return (
        (gettext("婚姻情况"), choice_text(MARRIAGES, told["marriage"])),
        (gettext("有几个孩子"), choice_text(CHILDREN, told["children"])),
    )


def choice_text(choices: Sequence[tuple[str, Any]], value: str) -> str:
    """The words of the choice that was stored as `value`."""
    return next((str(text) for name, text in choices if name == value), value)

"""The interview of one visitor: whose answers these are, what they come to, and what others would mean."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from flask import current_app, request
from sqlalchemy import delete, select
from werkzeug.wrappers import Response as BaseResponse

from app import clock
from app.checker.models import CHECK_LIFE, SHARE_LIFE, CheckSession, SharedResult
from app.checker.questions import QUESTIONS, SERVICES, Question
from app.extensions import db
from app.language import gettext as _
from app.policy.decide import decide
from app.policy.decision import Decision
from app.policy.facts import AT_HUKOU, Facts, FactsError, Person, Residence
from app.policy.interview import UNSURE, Interview, replay
from app.policy.law import Law
from app.vault import keyed_hash

COOKIE: Final = "check"
DEFAULT_SERVICE: Final = "childbirth"
UNKNOWN: Final[Mapping[str, Any]] = {"unknown": True}
COUNTY: Final = 6

Stored = dict[str, Any]
"""One answer as kept: `{"value": JSON of the contract}`, `{"unknown": true}` or `{"with": "woman"}`."""


@dataclass
class Check:
    """A visitor's answers; `row` is None until the first one is saved."""

    service: str
    answers: dict[str, Stored] = field(default_factory=dict)
    row: CheckSession | None = None


class CheckGoneError(Exception):
    """The browser names answers that are no longer kept."""


def the_law() -> Law:
    """The rulebooks of this installation."""
    law: Law = current_app.extensions["law"]
    return law


# --- Whose answers ---


def current_check(service: str | None = None) -> Check:
    """The visitor's answers, or empty ones for `service`. Raises `CheckGoneError` after their day."""
    token = request.cookies.get(_cookie_name())
    if not token:
        return Check(service if service in SERVICES else DEFAULT_SERVICE)
    row = db.session.scalar(
        select(CheckSession).where(CheckSession.token_hash == keyed_hash(COOKIE, token))
    )
    if row is None or row.expires_at <= clock.now():
        raise CheckGoneError
    return Check(row.service, row.answers or {}, row)


def save(check: Check, path: str, answer: Stored) -> str | None:
    """Keep an answer; the caller commits. Returns the token of a new cookie, if one was made."""
    check.answers = {**check.answers, path: answer}
    token = None
    if check.row is None:
        token = secrets.token_urlsafe(24)
        check.row = CheckSession(
            token_hash=keyed_hash(COOKIE, token),
            service=check.service,
            expires_at=clock.now() + CHECK_LIFE,
        )
        db.session.add(check.row)
    check.row.answers = check.answers
    return token


def begin_with(facts: Mapping[str, Any]) -> tuple[Check, str | None]:
    """Answers that begin with `facts` (paths of the contract, and `service`); those before are gone.

    The caller commits. Also the token of the cookie, or None when nothing but the service is known.
    """
    with suppress(CheckGoneError):
        forget(current_check())
    check, token = Check(facts["service"]), None
    for path, value in facts.items():
        if path != "service":
            token = save(check, path, {"value": value}) or token
    return check, token


def reopen(facts: Mapping[str, Any]) -> str | None:
    """Answers that say the facts of a filing, as if they had just been given; those before are gone.

    What was left open is asked again. The caller commits and gives the browser the token.
    """
    known: dict[str, Any] = {"service": facts["service"]}
    for path in QUESTIONS:
        *parents, last = path.split(".")
        holder: Any = facts
        for parent in parents:
            holder = holder.get(parent) if isinstance(holder, Mapping) else None
        if not isinstance(holder, Mapping) or last not in holder:
            continue
        value = holder[last]
        known[path] = {"division": value["division"]} if last == "residence" and value else value
    _check, token = begin_with(known)
    return token


def forget(check: Check) -> None:
    """Delete the answers now; the caller commits."""
    if check.row is not None:
        db.session.delete(check.row)


def sweep() -> int:
    """Delete expired answers and shared results; the number of rows. The caller commits."""
    gone = 0
    for model in (CheckSession, SharedResult):
        result = db.session.execute(delete(model).where(model.expires_at <= clock.now()))
        gone += result.rowcount  # type: ignore[attr-defined]
    return gone


def set_cookie(response: BaseResponse, token: str) -> None:
    """Give the browser the token of its answers."""
    response.set_cookie(
        _cookie_name(),
        token,
        max_age=int(CHECK_LIFE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SECURE_COOKIES"],
    )


def drop_cookie(response: BaseResponse) -> None:
    """Take the token back."""
    response.delete_cookie(_cookie_name(), secure=current_app.config["SECURE_COOKIES"])


def _cookie_name() -> str:
    return f"__Host-{COOKIE}" if current_app.config["SECURE_COOKIES"] else COOKIE


# --- What the answers come to ---


def interview(check: Check, upto: str | None = None) -> Interview:
    """Replay the answers as of the legal day; with `upto`, stop at that question.

    An answer that contradicts an earlier one (two adopted of one child) is asked again.
    """
    values = json_values(check.answers)
    while True:
        try:
            return replay(values, the_law(), service=check.service, on=clock.today(), upto=upto)
        except FactsError as error:
            if error.field not in values:
                raise
            del values[error.field]


def json_values(answers: Mapping[str, Stored]) -> dict[str, Any]:
    """Kept answers as the values `replay` takes; “lives with her” becomes her place of today."""
    values = {path: _value(answer) for path, answer in answers.items() if path in QUESTIONS}
    if answers.get("man.residence", {}).get("with") == "woman":
        values["man.residence"] = _her_place(values)
    return values


def _value(answer: Stored) -> Any:
    return UNSURE if answer.get("unknown") else answer.get("value")


def _her_place(values: Mapping[str, Any]) -> Any:
    home = values.get("woman.residence", UNSURE)
    if isinstance(home, Mapping):
        return {"division": home.get("division")}
    hukou = values.get("woman.hukou", UNSURE)
    return UNSURE if UNSURE in (home, hukou) else {"division": hukou}


def current_facts() -> Facts | None:
    """What the visitor answered, for an application to start from; None without answers."""
    try:
        check = current_check()
    except CheckGoneError:
        return None
    return interview(check).facts if check.answers else None


# --- What another answer would mean ---


@dataclass(frozen=True)
class Possibility:
    """A fact left open, and what each answer to it would come to; no answers when only a place helps."""

    question: Question
    outcomes: tuple[tuple[Any, Decision], ...]


def possibilities(check: Check, now: Interview) -> Iterator[Possibility]:
    """For every open fact that still matters: the decision under each value it could have."""
    values = {name: json_values(check.answers)[name] for name in now.asked}
    for path in now.decision.missing:
        question = QUESTIONS[path]
        outcomes = []
        for text, value in _possible_values(question):
            try:
                other = replay(
                    values | {path: value}, the_law(), service=check.service, on=clock.today()
                )
            except FactsError:
                continue
            outcomes.append((text, other.decision))
        yield Possibility(question, tuple(outcomes))


def _possible_values(question: Question) -> list[tuple[Any, Any]]:
    if question.kind == "yesno":
        return [(_("如果是"), True), (_("如果不是"), False)]
    if question.kind == "choice":
        return [(option.text, option.value) for option in question.options]
    if question.kind == "number":
        return [(_("如果没有"), 0), (_("如果有 1 个"), 1), (_("如果有 2 个"), 2)]
    if question.path.endswith("since"):
        today = clock.today()
        return [
            (_("如果刚搬来"), today.isoformat()),
            (_("如果住了一年以上"), _year_before(today).isoformat()),
        ]
    return []


def _year_before(day: date) -> date:
    return date(day.year - 1, day.month, min(day.day, 28))


# --- Sharing a result ---


def share(facts: Facts) -> SharedResult:
    """A row for a link to this result, without anything that names a person; the caller commits."""
    kept = for_sharing(facts)
    row = SharedResult(
        facts=kept.to_json(),
        rulebooks=versions(decide(kept, the_law())),
        expires_at=clock.now() + SHARE_LIFE,
    )
    db.session.add(row)
    return row


def shared_result(name: str) -> SharedResult | None:
    """The shared result of this name while it lives."""
    if not name.isprintable():
        # PostgreSQL cannot even compare a NUL.
        return None
    row = db.session.scalar(select(SharedResult).where(SharedResult.name == name))
    return row if row is not None and row.expires_at > clock.now() else None


def shared_decision(row: SharedResult) -> Decision:
    """The decision as of the day it was shared."""
    return decide(Facts.from_json(row.facts or {}), the_law())


def is_outdated(row: SharedResult) -> bool:
    """Whether other texts, versions of them or parts of them would speak about these facts today."""
    shared, today = Facts.from_json(row.facts or {}), clock.today()
    speaking = decide(replace(shared, on=today), the_law())
    moved = any(book.moved(shared.on, today) for book in speaking.rulebooks)
    return moved or versions(speaking) != row.rulebooks


def for_sharing(facts: Facts) -> Facts:
    """Places cut to the county, no day of birth: of a child's birthday only the year, which the law asks."""
    born = facts.child_born_on
    return replace(
        facts,
        woman=_to_county(facts.woman),
        man=None if facts.man is None else _to_county(facts.man),
        born_on=None,
        child_born_on=date(born.year, 1, 1) if born else None,
    )


def _to_county(person: Person) -> Person:
    home = person.residence
    if isinstance(home, Residence):
        home = replace(home, division=_county(home.division))
        if home.division == _county(person.hukou):
            home = AT_HUKOU
    return replace(person, hukou=_county(person.hukou), residence=home)


def _county(code: str | None) -> str | None:
    return code[:COUNTY] if code and code.isdigit() else code


def versions(decision: Decision) -> dict[str, str]:
    """Each rulebook that spoke, with a fingerprint of its content."""
    return {book.id: book.version for book in decision.rulebooks}

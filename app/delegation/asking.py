"""Asking one person on their own phone: a link by message, the last four of their ID number, a code.

The link alone opens a page that says nothing. The last four of the person's own number open what
is asked, in that browser for half an hour; the code, sent to the same phone, makes the answer
theirs. Whoever is signed in with that phone has proved it already and needs neither link nor code.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from flask import current_app
from sqlalchemy import inspect, select, update

from app import clock, limits
from app.accounts import service as accounts
from app.accounts.models import Citizen
from app.delegation.models import ConfirmationRequest
from app.extensions import db
from app.language import current_script
from app.notifications import service as notifications
from app.statements import insert
from app.vault import keyed_hash
from app.web import visitor_address

LINK_LIVES = timedelta(days=14)
CODE_LIVES = accounts.LIVES
TRIES = 5
# After so many days without an answer, once each.
REMINDED_AFTER = (timedelta(days=3), timedelta(days=10))
DAY = timedelta(days=1)
PER_PHONE_DAILY = 6
# A village worker asks for many couples; nobody asks the whole town.
PER_ASKER_DAILY = 60
PER_SITE_DAILY = 20_000
WRONG_TAILS_PER_ADDRESS_DAILY = 60
BATCH = 500

TooMany = accounts.TooMany


class OverError(Exception):
    """What is asked came to an end in this very moment: there is nothing left to answer."""


class Kind(Protocol):
    """One kind of question: what it is about, and what follows from yes and no."""

    # The part of a page that tells what is asked.
    template: str
    # Whether the answer is only taken from somebody who has signed in with this phone.
    needs_account: bool

    def message(self, asked: ConfirmationRequest) -> tuple[str, Mapping[str, object]]:
        """Kind and values of the message that brings the link."""

    def told(self, asked: ConfirmationRequest) -> Mapping[str, Any] | None:
        """What the page tells, for the template; None when there is nothing left to answer."""

    def take(self, asked: ConfirmationRequest, answer: Answer) -> None:
        """What follows from the answer, in the transaction of the answer."""


@dataclass(frozen=True)
class Answer:
    """Yes or no of the person asked. `citizen` is the account of their phone.

    `without`: what they leave out of it; `words`: what they say besides.
    """

    yes: bool
    citizen: Citizen
    without: frozenset[str] = frozenset()
    words: str | None = None


KINDS: dict[str, Kind] = {}


def register(name: str, kind: Kind) -> None:
    """Make a kind of question known; each room does so for its own."""
    KINDS[name] = kind


# --- Asking ---


def ask(
    kind: str,
    subject_id: uuid.UUID,
    person: str,
    *,
    phone: str,
    id_number: str,
    asker: str,
) -> ConfirmationRequest:
    """Send this person a link to the question; asked again, the link before it no longer works.

    `asker` is who caused it, as the audit trail names them: nobody makes the site send messages
    without end. The caller commits, also after `TooMany`.
    """
    return _ask(kind, subject_id, person, phone, id_number, asker)[0]


def ask_here(
    kind: str,
    subject_id: uuid.UUID,
    person: str,
    *,
    phone: str,
    id_number: str,
    asker: str,
) -> str:
    """The same for somebody who stands before the asker: the address of the link, to be scanned too."""
    token = _ask(kind, subject_id, person, phone, id_number, asker)[1]
    return f"{current_app.config['PUBLIC_URL']}/c/{token}"


def _ask(
    kind: str, subject_id: uuid.UUID, person: str, phone: str, id_number: str, asker: str
) -> tuple[ConfirmationRequest, str]:
    _count(phone, asker)
    asked = _known(kind, subject_id, person)
    if asked is None:
        asked = ConfirmationRequest(
            id=uuid.uuid4(), kind=kind, subject_id=subject_id, person=person, token_hash=""
        )
    asked.phone_hash = keyed_hash("phone", phone)
    asked.phone = phone
    asked.tail_hash = _tail_hash(asked, id_number[-4:])
    asked.closed_at = asked.refused_at = None
    asked.first_sent_at = clock.now()
    asked.reminders = 0
    return asked, _send(asked)


def close(kind: str, subject_id: uuid.UUID, person: str | None = None) -> None:
    """There is nothing more to answer: the link is dead. The caller commits."""
    mine = (ConfirmationRequest.kind == kind) & (ConfirmationRequest.subject_id == subject_id)
    if person:
        mine &= ConfirmationRequest.person == person
    db.session.execute(
        update(ConfirmationRequest)
        .where(mine, ConfirmationRequest.closed_at.is_(None))
        .values(closed_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def open_for(citizen: Citizen) -> Sequence[ConfirmationRequest]:
    """What the owner of this phone is asked and has not answered, the latest first."""
    return db.session.scalars(
        select(ConfirmationRequest)
        .where(
            ConfirmationRequest.phone_hash == citizen.phone_hash,
            ConfirmationRequest.closed_at.is_(None),
        )
        .order_by(ConfirmationRequest.sent_at.desc())
    ).all()


def requests_about(kind: str, subject_id: uuid.UUID) -> Mapping[str, ConfirmationRequest]:
    """Who is asked about this, by person."""
    rows = db.session.scalars(
        select(ConfirmationRequest).where(
            ConfirmationRequest.kind == kind, ConfirmationRequest.subject_id == subject_id
        )
    )
    return {row.person: row for row in rows}


def refused(
    kinds: Iterable[str], subject_ids: Iterable[uuid.UUID]
) -> Mapping[tuple[str, uuid.UUID], datetime]:
    """When somebody said no, by kind and what it was about; not once they were asked again."""
    rows = db.session.execute(
        select(
            ConfirmationRequest.kind, ConfirmationRequest.subject_id, ConfirmationRequest.refused_at
        ).where(
            ConfirmationRequest.kind.in_(kinds),
            ConfirmationRequest.subject_id.in_(subject_ids),
            ConfirmationRequest.refused_at.is_not(None),
        )
    )
    return {(row.kind, row.subject_id): row.refused_at for row in rows}


def remind() -> int:
    """Ask those once more who have not answered; how many. Nightly work; the caller commits."""
    sent = 0
    for number, after in enumerate(REMINDED_AFTER):
        waiting = db.session.scalars(
            select(ConfirmationRequest)
            .where(
                ConfirmationRequest.closed_at.is_(None),
                ConfirmationRequest.reminders == number,
                ConfirmationRequest.first_sent_at <= clock.now() - after,
                ConfirmationRequest.sent_at <= clock.now() - DAY,
            )
            .order_by(ConfirmationRequest.sent_at)
            .limit(BATCH)
        ).all()
        for asked in waiting:
            asked.reminders = number + 1
            if KINDS[asked.kind].told(asked) is None:
                asked.closed_at = clock.now()
                continue
            _send(asked)
            sent += 1
    return sent


def _send(asked: ConfirmationRequest) -> str:
    """A new link by message; its token, which is kept nowhere."""
    token = secrets.token_urlsafe(16)
    asked.token_hash = _token_hash(token)
    asked.tail_tries, asked.code_hash = 0, None
    asked.sent_at, asked.expires_at = clock.now(), clock.now() + LINK_LIVES
    if inspect(asked).transient:
        insert(asked)
    db.session.flush()
    kind, params = KINDS[asked.kind].message(asked)
    notifications.queue(
        kind,
        asked.phone or "",
        {**params, "site": current_app.config["PUBLIC_URL"], "token": token},
        subject=f"confirmation:{asked.id}",
        event=asked.token_hash,
        useless_at=asked.expires_at,
    )
    return token


def _count(phone: str, asker: str) -> None:
    for scope, subject, limit in (
        ("ask-phone", keyed_hash("phone", phone), PER_PHONE_DAILY),
        ("ask-asker", asker, PER_ASKER_DAILY),
        ("ask-site", "site", PER_SITE_DAILY),
    ):
        if not limits.hit(scope, subject, limit=limit, window=DAY):
            raise TooMany(limits.seconds_left(scope, subject))


# --- Opening ---


def by_token(token: str) -> ConfirmationRequest | None:
    """The request of a link that is not too old, answered or not; None for every other."""
    if not token.isascii() or not token.isprintable():
        return None
    return db.session.scalar(
        select(ConfirmationRequest).where(
            ConfirmationRequest.token_hash == _token_hash(token),
            ConfirmationRequest.expires_at > clock.now(),
        )
    )


def for_citizen(citizen: Citizen, asked_id: uuid.UUID) -> ConfirmationRequest | None:
    """The request with this id, if it goes to the phone of this citizen."""
    asked = db.session.get(ConfirmationRequest, asked_id)
    return asked if asked is not None and asked.phone_hash == citizen.phone_hash else None


def told(asked: ConfirmationRequest) -> Mapping[str, Any] | None:
    """What is asked, for the template of its kind; None when there is nothing left to answer."""
    return None if asked.closed_at else KINDS[asked.kind].told(asked)


def fits(asked: ConfirmationRequest, tail: str) -> bool:
    """Whether these are the last four of the person's number. The caller commits: it is counted.

    After five wrong ones the link is dead, and a new one has to be asked for. Raises `TooMany`.
    """
    address = visitor_address()
    if limits.exceeded("wrong-tail-address", address, limit=WRONG_TAILS_PER_ADDRESS_DAILY):
        raise TooMany(limits.seconds_left("wrong-tail-address", address))
    counted = db.session.execute(
        update(ConfirmationRequest)
        .where(ConfirmationRequest.id == asked.id, ConfirmationRequest.tail_tries < TRIES)
        .values(tail_tries=ConfirmationRequest.tail_tries + 1)
        .returning(ConfirmationRequest.tail_hash)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if counted is not None and hmac.compare_digest(counted, _tail_hash(asked, tail)):
        db.session.execute(
            update(ConfirmationRequest)
            .where(ConfirmationRequest.id == asked.id)
            .values(tail_tries=0)
            .execution_options(synchronize_session=False)
        )
        return True
    limits.hit("wrong-tail-address", address, limit=WRONG_TAILS_PER_ADDRESS_DAILY, window=DAY)
    return False


# --- The code ---


def send_code(asked: ConfirmationRequest, browser: str) -> None:
    """Send a code to the person's phone; it works once, for ten minutes, in this browser.

    Counted together with the codes of signing in. The caller commits, also after `TooMany`.
    """
    accounts.count_code(asked.phone or "", browser)
    code = f"{secrets.randbelow(1_000_000):06}"
    asked.code_hash = _code_hash(asked, code)
    asked.code_browser_hash = _browser_hash(browser)
    asked.code_tries = 0
    asked.code_expires_at = clock.now() + CODE_LIVES
    notifications.queue(
        "confirmation_code",
        asked.phone or "",
        {"code": code, "minutes": CODE_LIVES // timedelta(minutes=1)},
        subject=f"confirmation:{asked.id}",
        event=asked.code_expires_at.isoformat(),
        script=current_script(),
        useless_at=asked.code_expires_at,
    )


def has_code(asked: ConfirmationRequest, browser: str) -> bool:
    """Whether this browser asked for the code and may still type it in."""
    return (
        asked.code_hash is not None
        and asked.code_browser_hash == _browser_hash(browser)
        and asked.code_expires_at is not None
        and asked.code_expires_at > clock.now()
    )


def redeem(asked: ConfirmationRequest, browser: str, typed: str) -> Citizen | None:
    """The account of the phone this code proves, made when new; None for any code that fails.

    The caller commits, also after None: the try has been counted. Raises `TooMany`.
    """
    accounts.refuse_guessing()
    if not _try_once(asked, browser, typed):
        accounts.count_wrong_code()
        return None
    return accounts.citizen_of(asked.phone or "")


def _try_once(asked: ConfirmationRequest, browser: str, typed: str) -> bool:
    """Count the try in the database itself, then compare: tries at one moment are all counted."""
    this = (
        (ConfirmationRequest.id == asked.id)
        & (ConfirmationRequest.code_browser_hash == _browser_hash(browser))
        & (ConfirmationRequest.code_expires_at > clock.now())
    )
    quiet = {"synchronize_session": False}
    counted = db.session.execute(
        update(ConfirmationRequest)
        .where(this, ConfirmationRequest.code_tries < TRIES)
        .values(code_tries=ConfirmationRequest.code_tries + 1)
        .returning(ConfirmationRequest.code_hash)
        .execution_options(**quiet)
    ).scalar_one_or_none()
    if counted is None or not hmac.compare_digest(counted, _code_hash(asked, typed)):
        return False
    used = (
        update(ConfirmationRequest)
        .where(this, ConfirmationRequest.code_hash == counted)
        .values(code_hash=None, code_expires_at=None)
        .returning(ConfirmationRequest.id)
    )
    return db.session.execute(used.execution_options(**quiet)).scalar_one_or_none() is not None


# --- Answering ---


def answer(asked: ConfirmationRequest, given: Answer) -> bool:
    """Take the answer, once; False when it was answered or became pointless. The caller commits."""
    if told(asked) is None:
        return False
    at = clock.now()
    first = (
        update(ConfirmationRequest)
        .where(ConfirmationRequest.id == asked.id, ConfirmationRequest.closed_at.is_(None))
        .values(closed_at=at, refused_at=None if given.yes else at)
        .returning(ConfirmationRequest.id)
    )
    if db.session.execute(first).scalar_one_or_none() is None:
        return False
    KINDS[asked.kind].take(asked, given)
    return True


# --- Inside ---


def read_tail(typed: str) -> str:
    """The last four as stored, from what a person typed: full-width, blanks, a small x."""
    return "".join(unicodedata.normalize("NFKC", typed).split()).upper()


def _known(kind: str, subject_id: uuid.UUID, person: str) -> ConfirmationRequest | None:
    return db.session.scalar(
        select(ConfirmationRequest)
        .where(
            ConfirmationRequest.kind == kind,
            ConfirmationRequest.subject_id == subject_id,
            ConfirmationRequest.person == person,
        )
        .with_for_update()
    )


def _tail_hash(asked: ConfirmationRequest, tail: str) -> str:
    return keyed_hash("confirmation-tail", f"{asked.id}:{read_tail(tail)}")


def _token_hash(token: str) -> str:
    return keyed_hash("confirmation-link", token)


def _browser_hash(browser: str) -> str:
    return keyed_hash("confirmation-browser", browser)


def _code_hash(asked: ConfirmationRequest, digits: str) -> str:
    return keyed_hash("confirmation-code", f"{asked.id}:{digits}")

"""One couple's drafts begun, changed, sent, taken back, decided and deleted in any order: what must always hold.

A Hypothesis state machine over the real site, of the invariants of reliability: 1 (every receipt that
was shown exists once, with what was sent), 2 (at most one live application for the couple's birth),
4 (a case only moves along the allowed graph; neither its events nor the audit trail has a hole).
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from app import audit
from app.applications import drafts
from app.applications.models import LIVE, Application, Draft, Happened, State
from app.casework import service
from app.casework.acts import Act
from app.extensions import db
from app.fields import check_digit_of
from app.notifications import errands
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.applications.filing import at_once, copy_of, fill

NUMBERS = itertools.count(1)
PEOPLE = ("woman", "man")
# Where a case goes from a state when something happens; what is not here leaves it where it is.
GRAPH = {
    (None, Happened.SUBMITTED): State.SUBMITTED,
    (State.SUBMITTED, Happened.WITHDRAWN): State.WITHDRAWN,
    (State.SUBMITTED, Happened.ACCEPTED): State.ACCEPTED,
    (State.ACCEPTED, Happened.WITHDRAWN): State.WITHDRAWN,
    (State.ACCEPTED, Happened.REGISTERED): State.REGISTERED,
}


@dataclass
class Filled:
    """A draft as we believe it to be. `receipt`: the address it led to once it was sent."""

    id: uuid.UUID
    token: str
    filer: str
    name: str
    finished: bool = True
    receipt: str | None = None
    deleted: bool = False

    @property
    def address(self) -> str:
        return f"/apply/{self.id}"

    @property
    def is_open(self) -> bool:
        return self.receipt is None and not self.deleted


class Couple(RuleBasedStateMachine):
    """Both of one couple, each with a phone and an account, and the clerk of their town."""

    site: Flask
    filled = Bundle("filled")
    numbers = Bundle("numbers")

    @initialize()
    def a_couple(self) -> None:
        self.people: dict[str, dict[str, Any]] = {
            "woman": make.WOMAN | {"id_number": _id(), "phone": _phone()},
            "man": make.MAN | {"id_number": _id(), "phone": _phone()},
        }
        self.browsers = {
            who: make.browser_of(make.citizen(one["phone"]), self.site)
            for who, one in self.people.items()
        }
        self.clerk = make.officer(make.BAIGUO)
        # The receipts that were shown, each with the name that was sent.
        self.shown: dict[str, str] = {}

    @rule(
        target=filled, filer=st.sampled_from(PEOPLE), name=st.sampled_from(["张三", "阿依·买买提"])
    )
    def fill_in(self, filer: str, name: str) -> Filled:
        woman = self.people["woman"] | {"name": name}
        draft = make.drafted(filer=filer, woman=woman, man=self.people["man"])
        return Filled(draft.id, draft.token, filer, name)

    @rule(one=filled)
    def change_the_child(self, one: Filled) -> None:
        """What was declared rested on the old answer: it has to be declared anew."""
        if one.is_open:
            fill(self.browsers[one.filer], one.address, "children", stage="planned", births="1")
            one.finished = False

    @rule(one=filled)
    def declare_again(self, one: Filled) -> None:
        if one.is_open:
            draft = db.session.get_one(Draft, one.id)
            with self.site.test_request_context():
                drafts.save_answer(draft, "declaration", {"truth": True})
            db.session.commit()
            one.finished = True

    @rule(target=numbers, one=filled, taps=st.integers(1, 3))
    def send(self, one: Filled, taps: int) -> Any:
        answers = self._sent([one] * taps)
        told = {(answer.status_code, answer.location) for answer in answers}
        assert len(told) == 1, "every tap is told the same"
        status, place = told.pop()
        if one.receipt is not None:
            assert (status, place) == (303, one.receipt)
        elif one.deleted:
            assert status == 404
        elif not one.finished:
            assert (status, place) == (303, f"{one.address}/declaration")
        elif self._live():
            assert status == 409
        else:
            assert status == 303
            return self._acknowledged(one, place)
        return multiple()

    @precondition(lambda self: not self._live())
    @rule(target=numbers, one=filled, other=filled)
    def both_send_at_once(self, one: Filled, other: Filled) -> Any:
        if one is other or not all(each.is_open and each.finished for each in (one, other)):
            return multiple()
        answers = self._sent([one, other])
        assert sorted(answer.status_code for answer in answers) == [303, 409]
        first = [answer.status_code for answer in answers].index(303)
        return self._acknowledged((one, other)[first], answers[first].location)

    @rule(number=numbers)
    def take_back(self, number: str) -> None:
        case = self._case(number)
        was = case.state
        browser = next(
            self.browsers[who]
            for who in PEOPLE
            if make.citizen(self.people[who]["phone"]).id == case.citizen_id
        )
        answer = browser.post(f"/my/{case.id}/withdraw")
        assert answer.status_code == (303 if was in LIVE else 409)
        assert self._case(number).state == (State.WITHDRAWN if was in LIVE else was)

    @rule(number=numbers)
    def go_on_at_the_window(self, number: str) -> None:
        """Accept, or register what was accepted."""
        case = self._case(number)
        act = {State.SUBMITTED: Act.ACCEPT, State.ACCEPTED: Act.REGISTER}.get(State(case.state))
        if act is not None:
            desk = service.desk_of(self.clerk)
            with self.site.test_request_context():
                service.perform(desk, case, act, version=case.version)

    @rule(one=filled)
    def delete(self, one: Filled) -> None:
        answer = self.browsers[one.filer].post(f"{one.address}/drop")
        assert answer.status_code == (303 if one.is_open else 404)
        one.deleted = one.deleted or one.is_open

    @rule(one=filled)
    def the_other_looks(self, one: Filled) -> None:
        other = self.browsers["man" if one.filer == "woman" else "woman"]
        assert other.get(f"{one.address}/check").status_code == 404

    @rule()
    def the_worker_comes_by(self) -> None:
        errands.run_due()

    # --- What must hold ---

    @invariant()
    def every_receipt_that_was_shown_exists_once(self) -> None:
        for number, name in self._receipts():
            assert (self._case(number).answers or {})["woman"]["name"] == name

    @invariant()
    def at_most_one_is_live(self) -> None:
        assert len(self._live()) <= 1

    @invariant()
    def cases_move_along_the_graph_and_events_have_no_hole(self) -> None:
        for number, _name in self._receipts():
            case = self._case(number)
            assert [event.sequence for event in case.events] == list(range(1, len(case.events) + 1))
            state: State | None = None
            for event in case.events:
                state = GRAPH.get((state, Happened(event.kind)), state)
            assert case.state == state
            assert (case.live_key is not None) == (case.state in LIVE)

    def teardown(self) -> None:
        """Everybody was told once of everything, of cases that exist; the audit trail is whole."""
        errands.run_due()
        told = select(OutboxMessage.subject).where(OutboxMessage.kind == "application_submitted")
        subjects = list(db.session.scalars(told))
        assert len(subjects) == len(set(subjects))
        for number, _name in self._receipts():
            assert f"application:{self._case(number).id}" in subjects
        audit.verify()

    # --- Looking and doing ---

    def _sent(self, ones: Sequence[Filled]) -> list[Any]:
        db.session.commit()
        return at_once(
            [
                partial(
                    copy_of(self.browsers[one.filer]).post,
                    "/apply/submit",
                    data={"token": one.token},
                )
                for one in ones
            ]
        )

    def _acknowledged(self, one: Filled, place: str) -> str:
        assert place.startswith("/apply/receipt/")
        number = place.rsplit("/", 1)[-1]
        assert number not in self.shown
        one.receipt, self.shown[number] = place, one.name
        return number

    def _receipts(self) -> Sequence[tuple[str, str]]:
        return tuple(getattr(self, "shown", {}).items())

    def _case(self, number: str) -> Application:
        db.session.expire_all()
        return db.session.scalars(select(Application).where(Application.number == number)).one()

    def _live(self) -> list[str]:
        return [number for number, _ in self._receipts() if self._case(number).state in LIVE]


def _id() -> str:
    number = next(NUMBERS)
    first = f"421181{1960 + number // 1000:04}0101{number % 1000:03}"
    return first + check_digit_of(first)


def _phone() -> str:
    return f"15{next(NUMBERS):09}"


def test_whatever_the_order(app: Flask, session: Any, offices: None) -> None:
    class OnThisSite(Couple):
        site = app

    run_state_machine_as_test(
        OnThisSite,
        settings=settings(
            max_examples=8,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # A long story is told as it was found: making it shorter takes minutes.
            phases=[phase for phase in Phase if phase is not Phase.shrink],
        ),
    )

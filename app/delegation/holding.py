"""What the powers of attorney hold about a citizen: those they gave, and those they were given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from sqlalchemy import or_, select

from app.accounts.models import Citizen
from app.accounts.my_data import Holding, Record
from app.appearance import zh_date
from app.delegation.models import PowerOfAttorney, Principal
from app.extensions import db


class Powers(Holding):
    """Powers of attorney in which this citizen stands."""

    def title(self) -> str:
        """Of this part."""
        return str(gettext("授权委托"))

    def copy(self, citizen: Citizen) -> list[Record]:
        """Each with its people, its scope and what happened."""
        return [_record(citizen, power) for power in _of(citizen)]

    def kept(self, citizen: Citizen) -> list[str]:
        """A power under which something was done is part of what was done."""
        count = len(_of(citizen))
        if not count:
            return []
        return [
            gettext(
                "授权委托 %(count)s 份：谁在什么时候能替谁办，另一方和受理单位以后要能查到。",
                count=count,
            )
        ]


def _of(citizen: Citizen) -> Sequence[PowerOfAttorney]:
    given = select(Principal.power_id).where(Principal.citizen_id == citizen.id)
    mine = select(PowerOfAttorney).where(
        or_(PowerOfAttorney.agent_citizen_id == citizen.id, PowerOfAttorney.id.in_(given))
    )
    return db.session.scalars(mine.order_by(PowerOfAttorney.created_at)).all()


def _record(citizen: Citizen, power: PowerOfAttorney) -> Record:
    agent, people = power.agent or {}, [each.named or {} for each in power.people]
    names = "、".join(one.get("name", "") for one in people)
    return Record(
        gettext("委托书 %(number)s", number=power.number),
        [
            (gettext("委托人"), names),
            (gettext("受托人"), agent.get("name", "")),
            (gettext("从"), zh_date(power.from_on)),
            (gettext("到"), zh_date(power.until_on)),
        ],
        {
            "number": power.number,
            "matters": power.matters,
            "acts": power.acts,
            "from": str(power.from_on),
            "until": str(power.until_on),
            "may_delegate": power.may_delegate,
            "agent": agent if power.agent_citizen_id == citizen.id else {"name": agent.get("name")},
            "principals": [_person(citizen, each) for each in power.people],
            "events": [{"kind": e.kind, "on": str(e.happened_on)} for e in power.events],
        },
    )


def _person(citizen: Citizen, principal: Principal) -> dict[str, Any]:
    """All of one's own, and of the other one the name."""
    named = principal.named or {}
    return named if principal.citizen_id == citizen.id else {"name": named.get("name")}


HOLDING = Powers("powers", frozenset({"powers_of_attorney", "power_principals"}))

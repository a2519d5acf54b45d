"""What the powers of attorney hold about a citizen: those they gave, and those they were given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.accounts.models import Citizen
from app.accounts.my_data import Holding, Record
from app.appearance import zh_date
from app.delegation import powers
from app.delegation.models import ConfirmationRequest, PowerOfAttorney, Principal
from app.delegation.wording import known_by
from app.extensions import db
from app.language import gettext


class Powers(Holding):
    """Powers of attorney in which this citizen stands."""

    def title(self) -> str:
        """Of this part."""
        return str(gettext("授权委托"))

    def copy(self, citizen: Citizen) -> list[Record]:
        """Each with its people, its scope and what happened."""
        return [
            *(_record(citizen, power) for power in _of(citizen)),
            *(_request(each) for each in _asked(citizen)),
        ]

    def kept(self, citizen: Citizen) -> list[str]:
        """A power under which something was done is part of what was done."""
        count = len(_of(citizen))
        if not count:
            return []
        return [
            gettext(
                "授权委托 %(count)s 份：还有效的马上结束。谁在什么时候能替谁办的记录留着，另一方和办理单位以后要能查到。",
                count=count,
            )
        ]

    def forget(self, citizen: Citizen) -> None:
        """End what is in force: nobody acts for, or is acted for by, somebody who has left."""
        for power in _of(citizen):
            person = powers.person_of(citizen, power)
            by = powers.Actor("citizen" if person else "agent", citizen.id)
            powers.end(power, by=by, whom=person)


def _of(citizen: Citizen) -> list[PowerOfAttorney]:
    """Those given and those received, each once."""
    both = [*powers.as_principal(citizen), *powers.as_agent(citizen)]
    return list({power.id: power for power in both}.values())


def _asked(citizen: Citizen) -> Sequence[ConfirmationRequest]:
    """What somebody asks this phone to say yes or no to."""
    mine = select(ConfirmationRequest).where(ConfirmationRequest.phone_hash == citizen.phone_hash)
    return db.session.scalars(mine.order_by(ConfirmationRequest.created_at)).all()


def _request(asked: ConfirmationRequest) -> Record:
    return Record(
        gettext("请您确认的事"),
        [
            (gettext("发来"), zh_date(asked.created_at)),
            (
                gettext("现在"),
                gettext("已经答复，或者不用答复了") if asked.closed_at else gettext("等您答复"),
            ),
        ],
        {
            "kind": asked.kind,
            "phone": asked.phone,
            "created_at": asked.created_at.isoformat(),
            "closed_at": asked.closed_at.isoformat() if asked.closed_at else None,
        },
    )


def _record(citizen: Citizen, power: PowerOfAttorney) -> Record:
    agent, people = power.agent or {}, [each.named or {} for each in power.people]
    own = powers.person_of(citizen, power) is not None
    # To their agent the couple are known by less: the copy outlives the power.
    names = "、".join(n if own else known_by(n) for one in people if (n := one.get("name", "")))
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
    if principal.citizen_id == citizen.id:
        return named
    own = powers.person_of(citizen, principal.power) is not None
    name = named.get("name", "")
    return {"name": name if own else known_by(name)}


HOLDING = Powers("powers", frozenset({"powers_of_attorney", "power_principals"}))

"""What powers of attorney are in words: acts, states, what happened, and the names of clients."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from app.delegation.authority import Act, How, PowerHappened, Status
from app.language import gettext
from app.language import lazy_gettext as _l
from app.papers import own_forms

# The words of the paper form are the words here.
ACTS: Mapping[str, Any] = dict(own_forms.ACTS)
# To fill in is what every agent is asked for; the others are ticked one by one.
ACTS_ASKED = {act: text for act, text in ACTS.items() if act != Act.FILL}
USUAL = [Act.SUBMIT, Act.CORRECT, Act.HURRY, Act.DOWNLOAD, Act.COLLECT]


RELATIONS: Mapping[str, Any] = {
    "parent": _l("父母或公婆、岳父母"),
    "relative": _l("其他亲属"),
    "community_worker": _l("村、社区的工作人员"),
    "other": _l("其他人"),
}


def relation_title(relation: str) -> str:
    """What an agent is to those who entrust them."""
    return str(RELATIONS.get(relation, relation))


def act_title(act: str) -> str:
    """What an agent may do or did, in a few words."""
    return str(ACTS[act])


def acts_text(acts: Collection[str]) -> str:
    """All of them in one line, in the order of the list."""
    return str(gettext("、")).join(str(text) for act, text in ACTS.items() if act in acts)


def status_title(status: Status) -> str:
    """What has become of a power, as a label."""
    titles = {
        Status.WAITING: gettext("等确认"),
        Status.NOT_YET: gettext("还没到开始的日子"),
        Status.IN_FORCE: gettext("有效"),
        Status.EXPIRED: gettext("已到期"),
        Status.REFUSED: gettext("没有同意"),
        Status.REJECTED: gettext("窗口没有认可"),
        Status.ENDED: gettext("已结束"),
    }
    return str(titles[status])


def person_title(person: str) -> str:
    """女方 or 男方."""
    return str(gettext("女方") if person == "woman" else gettext("男方"))


def how_title(how: str) -> str:
    """Where somebody said yes."""
    titles = {
        How.PHONE: gettext("手机"),
        How.WINDOW: gettext("窗口"),
        How.PAPER: gettext("签名的纸"),
    }
    return str(titles[How(how)])


def event_title(event: Any) -> str:
    """What happened to a power, in a line of its log."""
    who = person_title(event.whom) if event.whom else gettext("代办人")
    if event.kind == PowerHappened.ACTED:
        return act_title(event.data["act"])
    if event.kind == PowerHappened.CONFIRMED:
        where = how_title(event.data["how"])
        return str(gettext("%(who)s确认了委托（%(where)s）", who=who, where=where))
    titles = {
        PowerHappened.MADE: gettext("写好委托"),
        PowerHappened.TAKEN_ON: gettext("代办人接下了委托"),
        PowerHappened.REFUSED: gettext("%(who)s没有同意委托", who=who),
        PowerHappened.ENDED: gettext("%(who)s结束了委托", who=who),
        PowerHappened.REJECTED: gettext("窗口没有认可委托书"),
    }
    return str(titles[PowerHappened(event.kind)])


def known_by(name: str) -> str:
    """A client's name as the agent tells it from others, and whoever looks over a shoulder does not.

    张小雨 -> 张某雨, 李宁 -> 李某; longer ones keep their first and last character.
    """
    return f"{name[0]}某{name[-1]}" if len(name) > 2 else f"{name[:1]}某"


def couple(names: Sequence[str]) -> str:
    """张小雨、李建国."""
    return str(gettext("、")).join(names)


def too_many_links(seconds: int) -> str:
    """Why no link is sent now, and until when."""
    hours = -(-seconds // 3600)
    return str(
        gettext("今天发出的确认短信太多了，请 %(count)s 小时后再发，或者到窗口确认", count=hours)
    )


def wait_text(seconds: int) -> str:
    """How long to wait after trying too often."""
    if seconds <= 60:
        return str(gettext("刚刚发过验证码，请 %(count)s 秒后再试", count=seconds))
    if seconds <= 3600:
        return str(gettext("次数太多了，请 %(count)s 分钟后再试", count=-(-seconds // 60)))
    hours = -(-seconds // 3600)
    return str(gettext("今天次数太多了，请 %(count)s 小时后再试，或者到窗口确认", count=hours))

"""Events and terms in words: short, in the reader's script, days in the unit the rulebook counts."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from app.appearance import zh_day
from app.applications.deadlines import ACCEPTANCE, WHOLE, Deadline
from app.applications.models import Event, Happened, Service, State
from app.delegation.wording import person_title
from app.language import gettext
from app.policy.silence import law_on_silence

if TYPE_CHECKING:
    from app.applications.spouses import Word

_OFFICES = ("from_office", "to_office")


def offices_in(events: Iterable[Event]) -> set[uuid.UUID]:
    """The offices that these events name: where they happened, and where a case went."""
    found = {event.office_id for event in events if event.office_id}
    for event in events:
        found |= {uuid.UUID(event.data[key]) for key in _OFFICES if key in event.data}
    return found


def title_of(event: Event, offices: Mapping[uuid.UUID, str] | None = None) -> str:
    """What happened, in two to ten characters; with names of `offices` also where a case went."""
    if event.kind == Happened.SENT_ON and offices:
        to = offices.get(uuid.UUID(event.data["to_office"]), "")
        return str(gettext("转给%(office)s", office=to))
    if event.kind == Happened.SUBMITTED and "helped_by" in event.data:
        return str(gettext("在窗口填好，提交"))
    if event.kind == Happened.REFUSED:
        return refusal_title(event.data.get("from"), event.application.service)
    if event.kind == Happened.ACCEPTED and event.data.get("by") == "silence":
        return str(gettext("到期没有答复，自动受理"))
    if event.kind == Happened.APPROVED and event.data.get("by") == "late":
        return str(gettext("到期没有办完，按规定发证"))
    if event.kind == Happened.FORWARDED_WITH_OPINION:
        meets = gettext("乡镇（街道）意见：符合条件")
        return str(meets if event.data.get("meets") else gettext("乡镇（街道）意见：不符合条件"))
    if event.kind in _SPOUSE:
        return _spouse_title(event)
    titles = {
        Happened.SUBMITTED: gettext("提交"),
        Happened.CORRECTION_ASKED: gettext("一次告知要补的材料"),
        Happened.CORRECTED: gettext("补好材料"),
        Happened.ACCEPTED: gettext("受理"),
        Happened.SENT_ON: gettext("转送有关单位"),
        Happened.VERIFICATION_ASKED: gettext("请别处核实"),
        Happened.VERIFICATION_ANSWERED: gettext("别处答复了核实"),
        Happened.VERIFICATION_ESCALATED: gettext("别处没有按时答复，已报两边督办"),
        Happened.VERIFICATION_LEFT: gettext("没等到核实，凭书面承诺往下办"),
        Happened.REGISTERED: gettext("登记办结"),
        Happened.APPROVED: gettext("批准"),
        Happened.WITHDRAWN: gettext("申请人撤回"),
        Happened.RESULT_REPORTED: gettext("结果已通报户籍地"),
        Happened.COLLECT_OFFICE_CHANGED: gettext("换了领证窗口"),
        Happened.PAPERS_CHANGED: gettext("申请人补传或换了材料"),
        Happened.PERSONAL_DATA_VIEWED: gettext("工作人员查看了姓名、证件号和手机号"),
        Happened.POWER_CHECKED: gettext("窗口核对了委托书"),
        Happened.POWER_REJECTED: gettext("窗口没有认可委托书"),
    }
    return str(titles[Happened(event.kind)])


_SPOUSE = {Happened.SPOUSE_CONFIRMED, Happened.SPOUSE_DISAGREED}


def _spouse_title(event: Event) -> str:
    who = person_title(event.data["person"])
    if event.kind == Happened.SPOUSE_DISAGREED:
        return str(gettext("%(who)s说不同意", who=who))
    return str(gettext("%(who)s已确认（%(where)s）", who=who, where=said_where(event.data["how"])))


def word_text(word: Word) -> str:
    """What one of the two has said, in a line: 已确认（手机，12 月 1 日）."""
    if word.said == "sent":
        return str(gettext("本人提交"))
    if word.said == "confirmed" and word.how and word.on:
        where, day = said_where(word.how), zh_day(word.on)
        return str(gettext("已确认（%(where)s，%(day)s）", where=where, day=day))
    if word.said == "disagreed" and word.on:
        return str(gettext("说不同意（%(day)s）", day=zh_day(word.on)))
    if word.asked_on:
        return str(gettext("尚未确认，%(day)s发过短信", day=zh_day(word.asked_on)))
    return str(gettext("尚未确认"))


def said_where(how: str) -> str:
    """Where a spouse said yes."""
    titles = {
        "phone": gettext("手机"),
        "window": gettext("窗口"),
        "paper": gettext("签名的纸"),
        "power": gettext("委托代办时"),
    }
    return str(titles[how])


def because(event: Event) -> str | None:
    """Why something happened by itself; None for what somebody did."""
    if event.data.get("by") == "late":
        return _because_late(event)
    if event.data.get("by") != "silence":
        return None
    said = {
        "count": event.data["days"],
        "day": zh_day(date.fromisoformat(event.data["received_on"])),
    }
    law = law_on_silence(event.happened_on, is_licence=event.data["basis"] == "law")
    if law is None:
        return str(
            gettext(
                "窗口过了 %(count)s 个工作日没有受理，也没有说缺什么。按本单位承诺，从收到材料的 %(day)s起算已经受理。",
                **said,
            )
        )
    said["law"] = " ".join((gettext(law.instrument), gettext(law.article)))
    return str(
        gettext(
            "窗口过了 %(count)s 个工作日没有受理，也没有说缺什么。照%(law)s推算，从收到材料的 %(day)s起算已经受理。",
            **said,
        )
    )


def _because_late(event: Event) -> str:
    """The text by which a case that was not finished in time was approved."""
    book = event.data["rule"].partition(".")[0]
    titles = {each["id"]: each["title"] for each in event.application.rulebooks}
    return str(
        gettext(
            "到 %(day)s还没有办完，也没有证实不符合条件。照%(law)s，受理单位必须按时发证，所以系统当天批准。",
            day=zh_day(date.fromisoformat(event.data["last_day"])),
            law=gettext(titles.get(book, book)),
        )
    )


def refusal_title(state: object, service: str) -> str:
    """A refusal has three names, by what was refused: `state` is the one it was refused in."""
    if state == State.SUBMITTED:
        return str(gettext("不予受理"))
    if service == Service.CHILDBIRTH_REGISTRATION:
        return str(gettext("不予登记"))
    return str(gettext("不予批准"))


def step_title(step: Deadline) -> str:
    """What an office has to do within the term."""
    if step.step == "residence_township":
        titles = {
            "reply_received": gettext("现居住地办理登记"),
            "registered": gettext("结果通报户籍地"),
        }
        return str(titles.get(step.start, gettext("请户籍地核实")))
    titles = {
        ACCEPTANCE: gettext("受理"),
        WHOLE: gettext("全程"),
        "township": gettext("乡镇（街道）审核"),
        "county": gettext("县级审批"),
        "hukou_township": gettext("户籍地答复"),
    }
    return str(titles[step.step])


def length_text(step: Deadline) -> str:
    """10 日 · 5 个工作日 · 当场."""
    return str(gettext("当场")) if step.unit == "at_once" else _counted(step.value, step.unit)


def left_text(step: Deadline, today: date) -> str:
    """还有 14 日 · 今天到期 · 超了 2 个工作日; empty while the step has not begun."""
    left = step.left(today)
    if left is None:
        return ""
    if left == 0 and step.due_on and step.due_on < today:
        # Nothing was worked since: late all the same.
        return str(gettext("已经超期"))
    if left == 0:
        return str(gettext("今天到期"))
    if left > 0:
        return str(gettext("还有 %(length)s", length=_counted(left, step.unit)))
    return str(gettext("超了 %(length)s", length=_counted(-left, step.unit)))


def used_text(step: Deadline, day: date) -> str:
    """How much of the term had gone by on `day`: 8 日 · 3 个工作日; empty before it began."""
    left = step.left(day)
    return "" if left is None else _counted(step.value - left, step.unit)


def finished_text(step: Deadline, day: date) -> str:
    """限 10 日，用了 8 日 · 承诺 5 个工作日，当天就办了: how a step that ended on `day` kept its term."""
    if step.is_promise:
        term = gettext("承诺 %(length)s", length=length_text(step))
    else:
        term = gettext("限 %(length)s", length=length_text(step))
    if step.started_on == day:
        return str(gettext("%(term)s，当天就办了", term=term))
    return str(gettext("%(term)s，用了 %(used)s", term=term, used=used_text(step, day)))


def _counted(count: int, unit: str) -> str:
    if unit == "working_day":
        return str(gettext("%(count)s 个工作日", count=count))
    return str(gettext("%(count)s 日", count=count))

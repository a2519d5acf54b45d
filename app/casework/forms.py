"""The forms of the desk. Each act has its own; all carry the version of the case they were made from.

Their names are prefixed with the act, because several stand on one page; the token against forged
requests is the page's own (`csrf_token`).
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import current_app
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, ValidationError
from wtforms.widgets import HiddenInput

from app.appearance import said
from app.applications.forms import OneOf, as_choices
from app.applications.models import Application
from app.applications.notices import Askable, Fault
from app.applications.refusals import grounds_for
from app.applications.wording import refusal_title
from app.casework.acts import Act
from app.casework.asking import Wanted
from app.casework.models import FINE, Examination
from app.clock import today
from app.fields import LongTextField, TextField, count_characters
from app.language import gettext
from app.language import lazy_gettext as _l

# "不符合规定" is five characters and no reason.
SHORTEST_REASONS = 8


class ActForm(FlaskForm):
    """An act without words of its own."""

    class Meta:
        csrf = False

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    seen = IntegerField(widget=HiddenInput(), validators=[InputRequired()])

    @property
    def written(self) -> dict[str, Any]:
        """What `service.perform` is given besides the version."""
        return {}

    def renewed(self, version: int, seen: int) -> ActForm:
        """The same words over the case as it is now."""
        for field, value in ((self.version, version), (self.seen, seen)):
            field.data, field.raw_data = value, None
        return self


class RefuseForm(ActForm):
    """A refusal: never without reasons in writing."""

    ground = RadioField(
        _l("按哪一种理由"),
        validate_choice=False,
        validators=[OneOf(_l("请选按哪一种理由"))],
    )
    reasons = LongTextField(
        _l("理由（申请人会看到原文）"),
        description=_l("写清楚哪一条规定、哪一个事实。只写“不符合规定”不算理由。"),
        validators=[DataRequired(_l("请写理由：不予受理、不予批准都必须书面说明理由"))],
    )

    def validate_reasons(self, field: LongTextField) -> None:
        """A few characters are not reasons."""
        if count_characters(field.data) < SHORTEST_REASONS:
            raise ValidationError(gettext("理由太短了，请写清楚哪一条规定、哪一个事实"))

    def offer(self, application: Application) -> RefuseForm:
        """The grounds that the catalogue holds for this service today."""
        licensed = application.service in current_app.config["LICENSED_SERVICES"]
        found = grounds_for(application.service, today(), is_licence=licensed)
        self.ground.choices = [SelectChoice(each.id, gettext(each.text)) for each in found]
        return self

    @property
    def written(self) -> dict[str, Any]:
        """The ground and the reasons."""
        return {"reasons": self.reasons.data, "ground": self.ground.data}


class PresentForm(FlaskForm):
    """The paper of somebody who stands at the window, typed from the paper itself."""

    id_number = TextField(
        _l("本人证件上的号码"),
        description=_l("照证件输入，系统核对是不是委托书上的人。"),
        validators=[DataRequired(_l("请照证件输入号码"))],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )

    def validate_id_number(self, field: TextField) -> None:
        """In the one spelling in which it is stored, whatever kind of paper it is."""
        field.data = "".join(unicodedata.normalize("NFKC", field.data).split()).upper()


class RejectPowerForm(FlaskForm):
    """Not accepting an agent's power of attorney: never without reasons."""

    class Meta:
        csrf = False

    reasons = LongTextField(
        _l("理由（代办人和委托人会看到原文）"),
        description=_l("例如签名和证件不一致、没有写清委托到哪天。申请照样办，归两口子自己。"),
        validators=[DataRequired(_l("请写不认可的理由"))],
    )

    def validate_reasons(self, field: LongTextField) -> None:
        """A few characters are not reasons."""
        if count_characters(field.data) < SHORTEST_REASONS:
            raise ValidationError(gettext("理由太短了，请写清楚委托书哪里不行"))


def reject_power_form(power_id: uuid.UUID) -> RejectPowerForm:
    """The form over this power; several may stand on one page."""
    return RejectPowerForm(prefix=f"power-{power_id}")


class OpinionForm(ActForm):
    """The township's opinion that goes to the county with the case."""

    opinion = RadioField(
        _l("审核意见"),
        choices=as_choices([("meets", _l("符合条件")), ("against", _l("不符合条件"))]),
        validate_choice=False,
        validators=[OneOf(_l("请选审核意见"))],
    )
    reasons = LongTextField(_l("说明（不符合条件的必须写，申请人会看到原文）"))

    def validate(self, extra_validators: Any = None) -> bool:
        """An opinion against the citizen needs its reasons."""
        fine = bool(super().validate(extra_validators))
        if self.opinion.data == "against" and not self.reasons.data:
            self.reasons.errors = [gettext("意见是不符合条件，请写理由")]
            return False
        return fine

    @property
    def written(self) -> dict[str, Any]:
        """The opinion and its reasons."""
        return {"reasons": self.reasons.data, "meets": self.opinion.data == "meets"}


class DecideForm(ActForm):
    """What a supervisor says to a second notice: yes or no, and why."""

    agree = RadioField(
        _l("同意再告知一次吗"),
        choices=as_choices([("yes", _l("同意，发给申请人")), ("no", _l("不同意，退回受理岗"))]),
        validate_choice=False,
        validators=[OneOf(_l("请选同意或者不同意"))],
    )
    reasons = LongTextField(
        _l("理由（留在案卷里）"), validators=[DataRequired(_l("请写同意或者不同意的理由"))]
    )


class ExamineForm(FlaskForm):
    """What was found of one paper. Made by `examine_form`."""

    document_id = ""

    finding = RadioField(
        _l("看下来怎么样"), choices=[], validate_choice=False, validators=[OneOf(_l("请选一个"))]
    )
    words = LongTextField(
        _l("哪一页、哪一处（可以不写）"),
        description=_l("告知申请人时会带过去，可以再改。"),
        render_kw={"rows": 2},
    )


def examine_form(document_id: str, last: Examination | None = None) -> ExamineForm:
    """The form about this paper, beginning with the last look at it."""
    known = {"finding": last.finding, "words": last.words} if last else {}
    form = ExamineForm(prefix=document_id, data=known)
    # What is looked at is there.
    faults = [each for each in Fault if each is not Fault.MISSING]
    form.finding.choices = as_choices(
        [
            (FINE, _l("没问题")),
            *((str(each), each.text or _l("其他，写在下面")) for each in faults),
        ]
    )
    form.document_id = document_id
    return form


class NoteForm(FlaskForm):
    """A note between officers."""

    words = LongTextField(
        _l("写一条备注"),
        description=_l("只有办这个件的单位看得到；申请人要求时会给他们看，只写和办件有关的。"),
        validators=[DataRequired(_l("请写备注的内容"))],
        render_kw={"rows": 2},
    )


class AnswerForm(FlaskForm):
    """What an officer answers to somebody, or notes about what was done."""

    class Meta:
        csrf = False

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    words = LongTextField(validators=[DataRequired(_l("请写清楚"))])

    def validate_words(self, field: LongTextField) -> None:
        """A few characters are no answer."""
        if count_characters(field.data) < SHORTEST_REASONS:
            raise ValidationError(gettext("太短了，请写清楚查了什么、怎么办"))


@dataclass(frozen=True)
class ItemFields:
    """The fields of one thing that a notice may ask for."""

    about: Askable
    needs_supervisor: bool
    tick: BooleanField
    fault: SelectField | None
    words: LongTextField


class NoticeForm(ActForm):
    """A one-time notice: a tick and words for each paper and each point. Made by `notice_form`."""

    why = LongTextField(
        _l("第一次为什么没有告知（督办的人会看）"),
        description=_l("第一次就能看出来的，再告知要县级督办同意。"),
    )
    needs_why = False

    @property
    def items(self) -> list[ItemFields]:
        """Everything that may be asked for, in the order of the decision."""
        return [
            ItemFields(
                about,
                late,
                self[f"tick-{about.key}"],
                self[f"fault-{about.key}"] if about.document_id else None,
                self[f"words-{about.key}"],
            )
            for about, late in self.offered
        ]

    offered: ClassVar[tuple[tuple[Askable, bool], ...]] = ()

    @property
    def wanted(self) -> list[Wanted]:
        """What was ticked."""
        return [
            Wanted(
                each.about,
                Fault(each.fault.data) if each.fault else Fault.OTHER,
                each.words.data or "",
            )
            for each in self.items
            if each.tick.data
        ]

    def validate(self, extra_validators: Any = None) -> bool:
        """Something is ticked, each tick says what is the matter, and a late one says why."""
        fine = bool(super().validate(extra_validators))
        ticked = [each for each in self.items if each.tick.data]
        if not ticked:
            self.form_errors = [gettext("请至少勾一项，一次列全")]
            fine = False
        for each in ticked:
            if each.fault is not None and each.fault.data not in set(Fault):
                each.fault.errors = [gettext("请选“%(name)s”哪里不对", name=said(each.about.name))]
                fine = False
            elif (each.fault is None or each.fault.data == Fault.OTHER) and not each.words.data:
                each.words.errors = [
                    gettext("请写清楚“%(name)s”要补什么", name=said(each.about.name))
                ]
                fine = False
        if any(each.needs_supervisor for each in ticked) and not self.why.data:
            self.needs_why = True
            self.why.errors = [gettext("有第一次就能看出来的，请写那次为什么没有告知")]
            fine = False
        return fine


def notice_form(
    offered: Sequence[tuple[Askable, bool]],
    *,
    version: int,
    seen: int,
    found: Mapping[str, Examination],
) -> NoticeForm:
    """The form for these; each with whether it needs a supervisor.

    `found`: what was found wrong with a paper, by its id; it is ticked already.
    """
    known: dict[str, Any] = {}
    fields: dict[str, Any] = {"offered": tuple(offered)}
    faults = [SelectChoice("", _l("请选哪里不对"))]
    faults += [SelectChoice(str(fault), fault.text or _l("其他，写在下面")) for fault in Fault]
    for about, _late in offered:
        fields[f"tick-{about.key}"] = BooleanField(about.name)
        look = found.get(about.document_id or "")
        if look is not None:
            known |= {
                f"tick-{about.key}": True,
                f"fault-{about.key}": look.finding,
                f"words-{about.key}": look.words,
            }
        if about.document_id:
            fields[f"fault-{about.key}"] = SelectField(
                _l("哪里不对"), choices=faults, default="", validate_choice=False
            )
        fields[f"words-{about.key}"] = LongTextField(_l("写给申请人的话"), render_kw={"rows": 2})
    kind = type("NoticeFormOfCase", (NoticeForm,), fields)
    known |= {"version": version, "seen": seen}
    made: NoticeForm = kind(prefix=str(Act.ASK_CORRECTION), data=known)
    return made


def form_for(act: Act, application: Application) -> ActForm:
    """The form of an act, filled with the state of the case as the page shows it."""
    shown = {"version": application.version, "seen": len(application.events)}
    if act is Act.REFUSE:
        return RefuseForm(prefix=str(act), **shown).offer(application)
    kind = OpinionForm if act is Act.FORWARD_WITH_OPINION else ActForm
    return kind(prefix=str(act), **shown)


def decide_form(*, version: int, seen: int) -> DecideForm:
    """The form over a further notice that waits for a supervisor."""
    return DecideForm(prefix=str(Act.ASK_AGAIN), version=version, seen=seen)


def label_of(act: Act, state: str, service: str) -> str:
    """The word on the button: a refusal has three names, by what is refused."""
    if act is Act.REFUSE:
        return refusal_title(state, service)
    labels = {
        Act.ACCEPT: gettext("受理"),
        Act.REGISTER: gettext("登记办结"),
        Act.FORWARD_WITH_OPINION: gettext("上报县级"),
        Act.APPROVE: gettext("批准"),
    }
    return str(labels[act])


def hint_of(act: Act) -> str:
    """What the act sets going, in a line under its button."""
    hints = {
        Act.ACCEPT: gettext("按规定的期限办，并通知申请人。"),
        Act.REGISTER: gettext("登记完成，通知申请人领取凭证。"),
        Act.FORWARD_WITH_OPINION: gettext("连同审核意见交县级，县级的期限从今天起算。"),
        Act.APPROVE: gettext("作出批准决定，通知申请人领证。"),
        Act.REFUSE: gettext("书面说明理由，并告诉申请人怎样复议、怎样起诉。"),
    }
    return str(hints[act])

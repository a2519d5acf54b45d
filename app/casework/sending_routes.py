"""The page on which a case is sent on, and the list of those that were."""

from __future__ import annotations

import uuid

from flask import request, url_for
from werkzeug.wrappers import Response
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from app.accounts.guards import staff_only
from app.appearance import only_again
from app.applications.forms import OneOf
from app.applications.models import Application
from app.casework import sending_on, service, showing
from app.casework.acts import Act, ActNotPossibleError
from app.casework.forms import ActForm
from app.casework.lists import View, queue_for
from app.casework.pages import bp, case_page, frame, frame_of, my_desk
from app.casework.sending_on import NotThereError, Target
from app.casework.service import ChangedMeanwhileError, Desk, OwnCaseError
from app.fields import LongTextField
from app.language import gettext
from app.language import lazy_gettext as _l
from app.places.models import Office
from app.places.picker import PlaceField
from app.web import page, see, shows_again

OTHER = "other"


class SendOnForm(ActForm):
    """Where to, and why: the citizen and the office it goes to read the reason."""

    office = RadioField(
        _l("转给哪个单位"),
        validate_choice=False,
        validators=[OneOf(_l("请选转给哪个单位"))],
    )
    division = PlaceField(_l("别的乡镇、街道"), allow_county=False, required=False)
    reasons = LongTextField(
        _l("为什么转（申请人和接办的单位会看到原文）"),
        validators=[DataRequired(_l("请写为什么要转，申请人会看到"))],
    )

    def offer(self, found: list[Target], names: dict[uuid.UUID, str]) -> SendOnForm:
        """The offices to choose from."""
        self.office.choices = [
            SelectChoice(str(each.office.id), f"{names[each.office.id]}（{each.why}）")
            for each in found
        ]
        self.office.choices.append(SelectChoice(OTHER, gettext("别的单位，在下面找")))
        if not found and not self.office.data:
            self.office.data = OTHER
        return self


@bp.route("/cases/<uuid:case_id>/send-on", methods=["GET", "POST"])
@staff_only("clerk", "supervisor")
@shows_again
def send_on(case_id: uuid.UUID) -> Response:
    """Choose the right office and say why; the whole case is there at once."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    if request.method == "GET" and sending_on.way_of_sending(desk, application) is None:
        return see(url_for(".case", case_id=case_id))
    found = sending_on.targets(desk, application)
    form = _form(application, found)
    if request.method == "GET" or only_again(form):
        return _page(desk, application, form)
    if not form.validate():
        return _page(desk, application, form, 200 if form.division.looking else 422)
    try:
        office = _chosen(desk, application, form, found)
        sending_on.send_on(
            desk, application, office, reasons=form.reasons.data, version=form.version.data
        )
    except NotThereError:
        form.office.errors = [gettext("请选本站已经接入的乡镇或者街道，这个件没有去过的")]
        return _page(desk, application, form, 422)
    except OwnCaseError:
        return case_page(desk, application, tried=form, status=403)
    except (ChangedMeanwhileError, ActNotPossibleError):
        return case_page(desk, service.get_case_for(desk, case_id), tried=form, status=409)
    return see(url_for(".sent_away"))


@bp.get("/sent-on")
@staff_only()
def sent_away() -> Response:
    """Where the cases went that this office had: a number and a place, nothing of anybody."""
    desk = my_desk()
    beside, _more = queue_for(desk, View.MINE, 1)
    return page(
        "casework/sent_away.html",
        **frame(desk, View.MINE, beside),
        sent=sending_on.sent_away(desk),
        section="sent",
    )


def _form(application: Application, found: list[Target]) -> SendOnForm:
    form = SendOnForm(
        prefix=str(Act.SEND_ON), version=application.version, seen=len(application.events)
    )
    return form.offer(found, {each.office.id: _name(each.office) for each in found})


def _name(office: Office) -> str:
    return showing.name_of(office)


def _chosen(desk: Desk, application: Application, form: SendOnForm, found: list[Target]) -> Office:
    if form.office.data == OTHER:
        return sending_on.office_at(desk, application, form.division.data)
    return next(each.office for each in found if str(each.office.id) == form.office.data)


def _page(desk: Desk, application: Application, form: SendOnForm, status: int = 200) -> Response:
    return page(
        "casework/send_on.html",
        status,
        **frame_of(desk, application),
        case=application,
        line=showing.line_of(application),
        form=form,
    )

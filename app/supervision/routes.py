"""The pages of those who watch: the red-light board, the report, why a case is late; and what is published."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import Blueprint, make_response, request, url_for
from werkzeug.wrappers import Response

from app import audit
from app.accounts.guards import deny, staff_only
from app.accounts.models import Role
from app.appearance import only_again
from app.applications import wording
from app.applications.models import Application
from app.casework import service
from app.casework.lists import View
from app.casework.pages import frame, my_desk
from app.casework.service import ChangedMeanwhileError, Desk
from app.casework.showing import line_of
from app.clock import today
from app.extensions import db
from app.language import current_script
from app.late_commands import LateCommands
from app.places.models import Office
from app.supervision import board as boards
from app.supervision import explaining, figures, published, reports, spreadsheets
from app.supervision.counting import month_of
from app.supervision.forms import ReasonForm, reason_form
from app.supervision.models import Cause
from app.web import page, public, see, shows_again

bp = Blueprint("supervision", __name__)

_commands = LateCommands("figures", "app.supervision.commands", help="督办和月报的数。")
bp.record_once(lambda state: state.app.cli.add_command(_commands))


@bp.get("/staff/board")
@staff_only(Role.SUPERVISOR)
def board() -> Response:
    """The red lamps of the supervisor's offices, by office and person, and what stands still."""
    desk = my_desk()
    offices = reports.offices_of(desk)
    lamps = boards.lamps_by_office(desk)
    return page(
        "supervision/board.html",
        **frame(desk, View.MINE, []),
        section="board",
        offices=[each for each in offices if each.id in lamps],
        names=reports.short_names(offices, current_script()),
        lamps=lamps,
        hands=boards.hands(desk),
        late=[(each, line_of(each.case)) for each in boards.late_cases(desk)],
        stills=boards.standstills(desk),
        partners=boards.partners(desk),
        voices=boards.voices(desk),
        wording=wording,
        Cause=Cause,
    )


@bp.get("/staff/report")
@staff_only(Role.SUPERVISOR)
def report() -> Response:
    """What was done in a month or a year, in all the supervisor's offices or in one."""
    asked = _asked_for()
    counted_to = min(asked.period.last, month_of(today()))
    return page(
        "supervision/report.html",
        **frame(asked.desk, View.MINE, []),
        section="report",
        report=reports.report_for(asked.chosen, asked.period),
        period=asked.period,
        periods=reports.periods_offered(),
        office=asked.office,
        offices=asked.offices,
        names=reports.short_names(asked.offices, current_script()),
        counted_at=figures.counted_at(reports.within(asked.chosen), counted_to),
        tables=(reports.CASES, reports.TIMES, reports.TOGETHER),
        causes=reports.causes(),
        levels=reports.levels(),
    )


@bp.get("/staff/report.csv")
@staff_only(Role.SUPERVISOR)
def report_file() -> Response:
    """The same numbers for a spreadsheet; that they were taken is written down."""
    asked = _asked_for()
    content = spreadsheets.numbers(reports.report_for(asked.chosen, asked.period))
    return _taken(content, "report", asked)


@bp.get("/staff/report/cases.csv")
@staff_only(Role.SUPERVISOR)
def cases_file() -> Response:
    """The cases behind the numbers, for whoever may export; that they were taken is written down."""
    asked = _asked_for()
    if not asked.desk.officer.may_export:
        deny()
    return _taken(spreadsheets.ended_cases(asked.chosen, asked.period), "cases", asked)


@bp.route("/staff/cases/<uuid:case_id>/late", methods=["GET", "POST"])
@staff_only()
@shows_again
def late(case_id: uuid.UUID) -> Response:
    """Why a case is late: its office or its supervisor writes it, once or anew."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    if not explaining.is_late(application):
        return see(url_for("casework.case", case_id=case_id))
    form = reason_form(explaining.reason_for(application))
    if request.method == "GET" or only_again():
        return _late_page(desk, application, form)
    if not form.validate():
        return _late_page(desk, application, form, status=422)
    try:
        explaining.explain(
            desk,
            application,
            Cause(form.cause.data),
            form.words.data,
            version=form.version.data,
        )
    except ChangedMeanwhileError:
        return _late_page(desk, service.get_case_for(desk, case_id), form, status=409)
    return see(
        url_for(".board") if desk.is_supervisor else url_for("casework.case", case_id=case_id)
    )


@bp.get("/offices/<code>")
@public
def office(code: str) -> Response:
    """How long an office takes, for everybody; a number so small that it could mean somebody is left out."""
    found = published.office_at(code)
    period = reports.recent()
    rows, judged = published.figures_of(found, period)
    return page(
        "supervision/office.html",
        office=found,
        period=period,
        rows=rows,
        judged=judged,
        fewest=published.FEWEST,
    )


@dataclass(frozen=True)
class Asked:
    """Who asks for numbers, of which months, and of which of their offices (None: of all)."""

    desk: Desk
    period: reports.Period
    offices: list[Office]
    office: Office | None

    @property
    def chosen(self) -> list[Office]:
        """The offices that are counted."""
        return [self.office] if self.office else self.offices


def _asked_for() -> Asked:
    """What the address says; 404 for an office that is not theirs."""
    desk = my_desk()
    offices = reports.offices_of(desk)
    office = reports.office_named(offices, request.args.get("office"))
    return Asked(desk, reports.period_named(request.args.get("period")), offices, office)


def _taken(content: str, what: str, asked: Asked) -> Response:
    """The file, and a line in the audit trail. Commits."""
    about = asked.office or asked.desk.office
    audit.record(
        f"{what}.exported",
        actor=asked.desk.actor,
        subject=f"office:{about.id}",
        data={"period": asked.period.value, "whole": int(asked.office is None)},
    )
    db.session.commit()
    answer = make_response(content)
    answer.mimetype = "text/csv"
    name = f"{what}-{about.code}-{asked.period.value}.csv"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _late_page(
    desk: Desk, application: Application, form: ReasonForm, status: int = 200
) -> Response:
    written = explaining.reason_for(application)
    form.version.data, form.version.raw_data = written.version if written else 0, None
    return page(
        "supervision/late.html",
        status,
        **frame(desk, View.MINE, []),
        section="board",
        case=application,
        line=line_of(application),
        form=form,
        written=written,
        written_as=Cause(written.cause).text if written else "",
        changed=status == 409,
    )

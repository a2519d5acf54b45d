"""The letter to an office outside (协查函), with the code by which it answers."""

from __future__ import annotations

from flask import current_app

from app.applications.forms import ID_KINDS
from app.applications.models import Application
from app.applications.records import filed_place
from app.applications.told import choice_text
from app.certificates.letters import Enquiry, enquiry_sheet
from app.extensions import db
from app.language import gettext, speaking
from app.places.models import Office
from app.typesetting import pdf
from app.verification.models import About, VerificationRequest
from app.verification.service import names_in_both

# The provisions on asking another office, as shown in the letter.
_ARTICLES = {
    "cn-2009": ("流动人口计划生育工作条例", "第十六条"),
    "hb-2014": ("鄂卫生计生通〔2014〕51号", "二（二）4"),
}


def number_of(request: VerificationRequest) -> str:
    """The number of the letter: the application's and that of the question."""
    return f"{request.application.number}-X{request.ordinal}"


def letter_of(request: VerificationRequest, script: str) -> bytes:
    """The PDF in this script, the same however often it is asked for."""
    sender = db.session.get_one(Office, request.office_id)
    with speaking(script):
        enquiry = Enquiry(
            number=number_of(request),
            issued_on=request.asked_on,
            sender=sender.name_hant if script == "zh_Hant" else sender.name,
            sender_phone=sender.phone,
            addressee=names_in_both(request)[script],
            people=people_in(request),
            questions=questions_of(request),
            basis=_basis(request.application),
            due_on=request.due_on,
            address=f"{current_app.config['PUBLIC_URL']}/reply",
            code=request.reply_code or gettext("（已经答复）"),
        )
        data = enquiry_sheet(enquiry)
    return pdf("sheet", data, script, made_at=request.asked_at)


def questions_of(request: VerificationRequest) -> list[str]:
    """The question, and what the clerk wrote to it."""
    asked = About(request.about).text
    words = request.question
    return [
        each for each in (asked if request.about != About.OTHER or not words else "", words) if each
    ]


def people_in(request: VerificationRequest) -> list[tuple[str, str, str, str]]:
    """(who, name, kind of paper, number) of those it is about."""
    answers = request.application.answers or {}
    titles = {"woman": gettext("女方"), "man": gettext("男方")}
    wanted = titles if request.whom == "couple" else {request.whom: titles[request.whom]}
    return [
        (
            str(title),
            answers[who]["name"],
            choice_text(ID_KINDS, answers[who]["id_kind"]),
            answers[who]["id_number"],
        )
        for who, title in wanted.items()
        if answers.get(who)
    ]


def _basis(application: Application) -> list[tuple[str, str]]:
    """Where the pinned texts of the place speak of asking each other; else those texts themselves."""
    books = (filed_place(application) or {}).get("rulebooks", ())
    titles = {book["id"]: book["title"] for book in application.rulebooks}
    return [_ARTICLES.get(book, (titles.get(book, book), "")) for book in books]

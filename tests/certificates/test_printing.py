"""The paper itself: names byte for byte, numbers masked, the law as pinned, and never two versions."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from flask import Flask
from sqlalchemy import func, select

from app import files, vault
from app.applications.models import Application
from app.audit import AuditEvent
from app.certificates import printing, sheets
from app.certificates.models import PrintedFile
from app.certificates.printing import NothingToPrintError, content_of
from app.extensions import db
from tests import factories as make
from tests.applications.filing import at_once
from tests.certificates.conftest import approved_in_hubei, certificate_of, registered
from tests.test_typesetting import MARKUP, text_of

pytestmark = pytest.mark.usefixtures("offices")


def squeezed(content: bytes) -> str:
    """The words of a PDF without where its lines happen to break."""
    return "".join(text_of(content).split())


@pytest.mark.parametrize(
    "name",
    ["张𬱖", "𠮷野", "㛃", "王䶮", "阿卜杜拉·买买提", "𣲗𪨰𫢸𬤊𫟹𡎚𠅤", "O’Brien-Smith", *MARKUP],
)
def test_E1_E8_names_are_printed_byte_for_byte(session: Any, name: str) -> None:
    certificate = certificate_of(registered(woman=make.WOMAN | {"name": name}))
    for script in ("zh_Hans", "zh_Hant"):
        assert name in text_of(content_of(certificate, script))


def test_a_certificate_says_what_it_proves_and_what_not(session: Any) -> None:
    certificate = certificate_of(registered())
    printed = squeezed(content_of(certificate, "zh_Hans"))
    for words in (
        "生育登记凭证",
        certificate.number,
        "下面的夫妻已经办理生育登记。",
        "1101**********002X",
        "4405**********0014",
        "麻城市白果镇人民政府（卫生健康办）",
        "《人口与计划生育法》第十八条第一款",
        "给孩子上户口不看它",
        "http://localhost/verify",
        "演示站，不受理真实申请",
    ):
        assert words in printed, words
    # With the number of the application and the last four on one paper, a finder could look it up.
    case_number = certificate.application.number
    for secret in (make.WOMAN["id_number"], make.MAN["id_number"], case_number, "13800000001"):
        assert secret not in printed


@pytest.mark.parametrize(
    ("child", "says"),
    [
        ({"stage": "planned", "births": "1"}, "办理时还没有怀孕"),
        ({"stage": "pregnant", "births": 1}, "办理时怀孕"),
        (
            {"stage": "pregnant", "births": "2", "expected_on": "2027-03-01"},
            "办理时怀孕，预产期 2027 年 3 月 1 日；双胞胎",
        ),
        (
            {"stage": "born", "births": "3", "born_on": "2026-02-28"},
            "2026 年 2 月 28 日出生；三个或更多",
        ),
        ({"stage": "born", "births": "1"}, "办理时已经出生"),
    ],
)
def test_which_birth_it_is_about(app: Flask, child: dict[str, Any], says: str) -> None:
    with app.test_request_context():
        assert sheets._birth(child) == says


def test_the_other_script_leaves_names_alone(session: Any) -> None:
    printed = squeezed(content_of(certificate_of(registered()), "zh_Hant"))
    assert "生育登記憑證" in printed
    assert "麻城市白果鎮人民政府（衛生健康辦）" in printed
    assert make.MAN["name"] == "李建国"
    assert "李建国" in printed


def test_an_approval_of_2014_says_nothing_of_later_law(as_of: Callable[[str], None]) -> None:
    printed = squeezed(content_of(certificate_of(approved_in_hubei(as_of)), "zh_Hans"))
    assert "生育证" in printed
    assert "《湖北省人口与计划生育条例》第十六条第四项（2014年3月27日修改）" in printed
    assert "经审查符合规定，予以批准" in printed
    assert "公通字" not in printed
    assert "演练：按2014年6月3日的规定" in printed


def test_it_is_pdf_a_for_the_archive(session: Any) -> None:
    content = content_of(certificate_of(registered()), "zh_Hant")
    with pikepdf.open(io.BytesIO(content)) as document:
        metadata = document.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
        assert metadata["dc:title"] == "生育登記憑證"
        assert len(document.pages) == 1


# --- Kept ---


def test_it_is_made_once_and_kept_sealed(app: Flask, session: Any) -> None:
    certificate = certificate_of(registered())
    first = content_of(certificate, "zh_Hans")
    [row] = session.scalars(select(PrintedFile)).all()
    sealed = app.extensions["files"].get(row.key)
    assert b"%PDF" not in sealed
    assert make.WOMAN["name"].encode() not in sealed
    assert content_of(certificate, "zh_Hans") == first
    assert session.scalar(select(func.count()).select_from(PrintedFile)) == 1
    content_of(certificate, "zh_Hant")
    assert session.scalar(select(func.count()).select_from(PrintedFile)) == 2


@pytest.mark.parametrize("damage", ["lost", "spoilt", "another's"])
def test_a_lost_file_is_made_again_byte_for_byte(app: Flask, session: Any, damage: str) -> None:
    certificate = certificate_of(registered())
    first = content_of(certificate, "zh_Hans")
    [row] = session.scalars(select(PrintedFile)).all()
    store = app.extensions["files"]
    if damage == "lost":
        store.delete(row.key)
    elif damage == "spoilt":
        store.put(row.key, store.get(row.key)[:-1] + b"?")
    else:
        case = certificate.application
        store.put(row.key, vault.seal_bytes(b"%PDF", owner=case, place=printing._place(row)))
    assert content_of(certificate, "zh_Hans") == first
    assert files.sweep() == 0
    assert store.get(row.key)
    assert session.scalar(select(func.count()).select_from(PrintedFile)) == 1


def test_a_file_that_can_only_be_made_anew_is_a_new_version(
    app: Flask, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the wording of the house changed: the row of the first stays, with its hash."""
    certificate = certificate_of(registered())
    content_of(certificate, "zh_Hans")
    [row] = session.scalars(select(PrintedFile)).all()
    app.extensions["files"].delete(row.key)
    monkeypatch.setattr(sheets, "_meaning", lambda _certificate, _data: ["换了说法"])
    again = content_of(certificate, "zh_Hans")
    assert "换了说法" in text_of(again)
    rows = session.scalars(select(PrintedFile).order_by(PrintedFile.version)).all()
    assert [each.version for each in rows] == [1, 2]
    assert rows[0].sha256 != rows[1].sha256
    kinds = session.scalars(select(AuditEvent.kind)).all()
    assert "certificate.file_remade" in kinds


def test_the_nightly_sweep_leaves_it_alone(app: Flask, session: Any) -> None:
    import os

    content_of(certificate_of(registered()), "zh_Hans")
    for path in app.extensions["files"].folder.glob("*/*"):
        os.utime(path, (0, 0))
    assert files.sweep() == 0
    assert len(list(app.extensions["files"].listing())) == 1


def test_H1_two_prints_at_once_are_one_file(app: Flask, session: Any) -> None:
    case_id = registered().id
    session.commit()

    def printed() -> bytes:
        with app.app_context():
            found = certificate_of(db.session.get_one(Application, case_id))
            return content_of(found, "zh_Hans")

    results = at_once([printed] * 6)
    assert len(set(results)) == 1
    assert session.scalar(select(func.count()).select_from(PrintedFile)) == 1


def test_there_is_nothing_to_print_once_the_data_is_gone(session: Any) -> None:
    case = registered()
    content_of(certificate_of(case), "zh_Hans")
    vault.destroy(case)
    session.commit()
    with pytest.raises(NothingToPrintError):
        content_of(certificate_of(case), "zh_Hans")


def test_a_paper_of_the_demo_is_a_sample_once_the_site_is_live(app: Flask, session: Any) -> None:
    certificate = certificate_of(registered())
    app.config["LIVE"] = True
    assert certificate.is_practice
    assert "样例" in text_of(content_of(certificate, "zh_Hans"))


def test_it_takes_no_time_once_warm(session: Any) -> None:
    certificate = certificate_of(registered())
    content_of(certificate, "zh_Hans")
    made, kept = [], []
    for _ in range(3):
        for row in session.scalars(select(PrintedFile)).all():
            session.delete(row)
        session.commit()
        for seconds in (made, kept):
            began = time.perf_counter()
            content_of(certificate, "zh_Hans")
            seconds.append(time.perf_counter() - began)
    assert min(made) < 0.2
    assert min(kept) < 0.05

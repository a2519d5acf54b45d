"""`flask cases touched`: the cases whose answer a change of the rules would make another."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.applications import drafts
from app.applications import filing as filings
from app.applications.models import Application
from app.casework import touched
from app.checker.service import share
from app.extensions import db
from app.policy.facts import Facts
from app.policy.loading import RULEBOOKS
from app.vault import destroy
from tests import factories as make

pytestmark = pytest.mark.usefixtures("offices")
Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, session: Session) -> Run:
    def invoke(*arguments: object) -> Result:
        session.commit()
        db.session.remove()
        done = app.test_cli_runner().invoke(args=["cases", "touched", *map(str, arguments)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return invoke


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RULEBOOKS, tmp_path / "rulebooks"))


def replace(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def listed(done: Result) -> list[str]:
    return re.findall(r"^(JJB-\S+)", done.output, re.MULTILINE)


def test_F5_nothing_is_listed_while_the_rules_stay(run: Run) -> None:
    make.filed()
    done = run()
    assert done.exit_code == 0
    assert listed(done) == []
    assert "看了 1 件申请" in done.output
    assert "没办完的 0 件，办完的 0 件" in done.output


def test_F5_a_retroactive_change_lists_the_cases_it_touches(
    run: Run, folder: Path, as_of: Callable[[str], None]
) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    number = case.number
    replace(folder, "hb-2014", "who: township, value: 10", "who: township, value: 12")
    done = run(folder)
    assert done.exit_code == 1
    assert listed(done) == [number]
    row = next(line for line in done.output.splitlines() if number in line)
    assert "2014-06-03" in row
    assert row.rstrip().endswith("时限和证件")
    assert "没办完的 1 件" in done.output


def test_F5_another_outcome_and_other_papers(
    run: Run, folder: Path, as_of: Callable[[str], None]
) -> None:
    as_of("2014-06-03")
    make.filed(make.ONE_ONLY_CHILD)
    replace(folder, "hb-2014", "    grants: approval\n    from: 2014-03-27\n",
            "    grants: needs_staff\n    from: 2014-03-27\n")  # fmt: skip
    done = run(folder)
    assert "结论：办再生育审批 → 请窗口看；" in done.output
    assert "材料" in done.output


def test_F5_a_change_that_does_not_reach_the_case_lists_nothing(
    run: Run, folder: Path, as_of: Callable[[str], None]
) -> None:
    """The text has another version, but for this couple it says the same."""
    as_of("2014-06-03")
    make.filed(make.ONE_ONLY_CHILD)
    replace(folder, "hb-2014", "没有生育过、依法收养了一个孩子的", "没有生过、依法收养了一个孩子的")
    done = run(folder)
    assert (done.exit_code, listed(done)) == (0, [])
    assert "重算了 1 件" in done.output


def test_F5_a_text_that_nobody_had_then(run: Run, folder: Path) -> None:
    """A province's own text, entered late: no pinned version differs, and still the case is found."""
    number = make.filed().number
    new = (folder / "gd-2022.yaml").read_text(encoding="utf-8")
    new = new.replace("id: gd-2022", "id: hb-2022").replace(
        'jurisdiction: "44"', 'jurisdiction: "42"'
    )
    (folder / "hb-2022.yaml").write_text(new, encoding="utf-8")
    done = run(folder)
    assert listed(done) == [number]


def test_live_ones_first_in_batches_and_no_personal_data(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, session: Session
) -> None:
    monkeypatch.setattr(touched, "BATCH", 2)
    people = [
        {"id_number": number, "phone": f"1380000010{index}", "name": name}
        for index, (number, name) in enumerate(
            [
                ("110105202503010015", "甲"),
                ("110101202402290016", "乙"),
                ("440524188001010014", "丙"),
            ]
        )
    ]
    cases = [
        make.filed(woman={**make.WOMAN, **one}, man={**make.MAN, "id_number": "11010519491231002X"})
        for one in people
    ]
    cases[0].state, cases[0].live_key = "registered", None
    numbers = [case.number for case in cases]
    replace(folder, "cn-2021", "grants: registration", "grants: needs_staff")
    done = run(folder)
    assert set(listed(done)) == set(numbers)
    assert listed(done)[-1] == numbers[0]
    assert "没办完的 2 件，办完的 1 件" in done.output
    assert "已登记" in done.output
    for secret in ("11010519491231002X", "13800000", "甲", "421181", "麻城"):
        assert secret not in done.output


def test_destroyed_data_is_counted_and_nothing_is_changed(
    run: Run, folder: Path, session: Session
) -> None:
    case = make.filed()
    before = (case.version, case.rulebooks)
    destroy(case)
    session.commit()
    replace(folder, "cn-2021", "grants: registration", "grants: needs_staff")
    done = run(folder)
    assert "1 件的资料已经销毁，没法重算" in done.output
    kept = session.scalars(select(Application)).one()
    assert kept.rulebooks == before[1]


def test_drafts_and_shared_results_that_are_marked_are_counted(
    run: Run, folder: Path, session: Session, app: Flask
) -> None:
    make.filed()  # its draft was sent: it is not counted
    with app.test_request_context():
        beginning = filings.beginning(make.FIRST_CHILD, "woman_hukou")
        assert beginning is not None
        drafts.begin(make.citizen("13800000009"), beginning)
        share(Facts.from_json(make.FIRST_CHILD, today=clock.today()))
    session.commit()
    replace(folder, "cn-2021", "三个以内办生育登记", "三个以内都办生育登记")
    assert "草稿有 1 份、存下的结果有 1 份" in run(folder).output
    assert "草稿有 0 份、存下的结果有 0 份" in run().output


def test_rules_that_cannot_be_used(run: Run, folder: Path) -> None:
    replace(folder, "cn-2021", "grants: registration", "grants: nothing")
    done = run(folder)
    assert done.exit_code == 2
    assert "cn-2021.yaml 第 " in done.output
    assert run("no-such-revision").exit_code == 2


def test_the_table_in_the_script_of_the_terminal(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_TW.UTF-8")
    make.filed()
    replace(folder, "cn-2021", "grants: registration", "grants: needs_staff")
    done = run(folder)
    assert "申請號" in done.output
    assert "結論：辦生育登記 → 請窗口看" in done.output

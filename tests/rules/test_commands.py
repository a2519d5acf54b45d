"""`flask rules …`: what an editor sees, and how the commands end."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app.config import ROOT
from app.policy.loading import RULEBOOKS
from app.rules.plain_text import table, width, wrapped

FACTS: dict[str, Any] = {
    "service": "childbirth",
    "on": "2014-06-03",
    "woman": {"hukou": "421181", "only_child": True, "residence": None},
    "man": {"hukou": "410105", "only_child": False, "residence": {"division": "421181"}},
    "marriage": "first",
    "joint_children": 1,
}
Run = Callable[..., Result]


@pytest.fixture
def run(site: Flask) -> Run:
    """`run("check", folder)`: the command in this process; what it printed is `.output`."""

    def invoke(*arguments: object, **settings: Any) -> Result:
        return site.test_cli_runner().invoke(args=["rules", *map(str, arguments)], **settings)

    return invoke


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RULEBOOKS, tmp_path / "rulebooks"))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- check ---


def test_the_house_is_sound(run: Run) -> None:
    done = run("check")
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "没有错。")
    assert re.search(r"试了 \d+ 条规定、\d+ 个例子", done.output)


def test_the_house_is_sound_in_an_exercise_too(
    run: Run, app: Flask, as_of: Callable[[str], None]
) -> None:
    as_of("2014-06-03")
    assert run("check").exit_code == 0


def test_mistakes_are_listed_and_nothing_is_tried(run: Run, folder: Path) -> None:
    replace(folder / "gd-2022.yaml", "strength: secondary", "strength: sure")
    replace(folder / "zj-2021.yaml", "[L-ZJ2021]", "[L-ZJ2001]")
    done = run("check", folder)
    assert done.exit_code == 1
    first, second, *_rest = done.output.splitlines()
    assert re.match(r"gd-2022\.yaml 第 \d+ 行 strength：应为 statute、seed", first)
    assert re.match(r"zj-2021\.yaml 第 \d+ 行 sources\.0：应为 sources.yaml 里的编号", second)
    assert "还没有拿夫妻来试" in done.output
    assert done.output.endswith("有 2 处错。\n")


def test_a_case_that_fails_and_a_text_without_cases(run: Run, folder: Path) -> None:
    replace(folder / "hb-2014.yaml", "who: township, value: 10", "who: township, value: 12")
    new = folder / "qh-2027.yaml"
    shutil.copy(folder / "gd-2022.yaml", new)
    replace(new, "id: gd-2022", "id: qh-2027")
    replace(new, 'jurisdiction: "44"', 'jurisdiction: "63"')
    done = run("check", folder)
    assert done.exit_code == 1
    assert re.search(r"cases/hb-2014\.yaml 第 \d+ 行 C004 time_limits：写的是", done.output)
    assert "qh-2027.yaml 第 1 行 cases：应有例子，写在例子文件夹里的 qh-2027.yaml" in done.output


def test_cases_are_left_out_where_there_are_none(run: Run, folder: Path) -> None:
    done = run("check", folder, "--cases", folder.parent / "nowhere")
    assert (done.exit_code, "、0 个例子" in done.output) == (0, True)


def test_an_unreadable_case_is_named(run: Run, folder: Path) -> None:
    cases = folder.parent / "cases"
    cases.mkdir()
    (cases / "gd-2022.yaml").write_text("- id: C1\n  request: {}\n", encoding="utf-8")
    done = run("check", folder, "--cases", cases)
    assert "cases/gd-2022.yaml 第 1 行 expect：应写 id、request 和 expect" in done.output


def test_papers_of_a_folder_s_own_catalogue(run: Run, folder: Path) -> None:
    catalogue = folder.parent / "documents.yaml"
    shutil.copy(RULEBOOKS.parent / "documents.yaml", catalogue)
    replace(catalogue, "residence_permit:", "permit_to_reside:")
    done = run("check", folder)
    assert "应为 documents.yaml 里的编号，没有 residence_permit" in done.output


def test_check_works_when_the_site_cannot_start(tmp_path: Path) -> None:
    """A mistake stops the start of everything else, and the command says which."""
    copy = tmp_path / "project"
    for part in ("app", "templates", "static", "translations", "tests/policy/cases"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "wsgi.py", copy)
    replace(copy / "app/policy/rulebooks/gd-2022.yaml", "strength: secondary", "strength: sure")
    flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*flask, "rules", "check"],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "gd-2022.yaml 第 " in done.stdout) == (1, True), done.stderr
    other = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert other.returncode != 0
    assert re.search(r"gd-2022\.yaml 第 \d+ 行 strength：应为", other.stderr)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("LANG", "zh_TW.UTF-8", "沒有錯。"),
        ("LC_ALL", "zh_HK.UTF-8", "沒有錯。"),
        ("LANG", "zh_CN.UTF-8", "没有错。"),
        ("LANG", "en_US.UTF-8", "没有错。"),
        ("LANG", "C.UTF-8", "没有错。"),
    ],
)
def test_the_script_of_the_terminal(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    for path in folder.glob("*.yaml"):
        if path.stem not in {"cn-2009", "cn-2021", "sc-2023"}:
            path.unlink()
    assert says in run("check", folder, "--cases", folder / "none").output


def test_mistakes_in_the_script_of_the_terminal(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_TW.UTF-8")
    replace(folder / "gd-2022.yaml", "    article: 第六条\n", "")
    replace(folder / "gd-2016.yaml", "to: 2022-04-30", "to: 2020-04-30")
    output = run("check", folder).output
    assert "rules.every-birth.article：缺這一項，應寫上" in output
    assert "應在這份文件施行的日子裡，2016-10-17 到 2020-04-30" in output
    bad = run("explain", "-", input="{}")
    assert bad.output.startswith("service：應為 childbirth")
    assert run("diff", folder).output.startswith(f"{folder}：gd-2016.yaml 第 ")


# --- explain ---


def test_explained_from_a_file_and_from_standard_input(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(FACTS), encoding="utf-8")
    done = run("explain", file)
    assert done.exit_code == 0
    assert done.output.startswith("2014-06-03：办再生育审批")
    assert "【女方户籍地 421181】办再生育审批；可以在这里办" in done.output
    assert "没有问到：排在前面的规定已经回答了" in done.output
    assert run("explain", "-", input=json.dumps(FACTS)).output == done.output


def test_every_line_fits_a_terminal(run: Run) -> None:
    done = run("explain", "-", input=json.dumps(FACTS))
    assert max(width(line) for line in done.output.splitlines()) <= 120


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "request：应为一个 JSON 对象，写到第 1 行第 2 个字符就断了"),
        ('{"service": "childbirth", "colour": 1}', "colour：应为接口里有的字段，没有这一项"),
        ('{"service": "childbirth", "service": "childbirth"}', "service：应为只写一次的字段"),
        ("{}", "service：应为 childbirth, single"),
        ('{"service": "childbirth", "joint_children": 1e9}', "应为整数，不是 1e9"),
    ],
)
def test_bad_facts_are_named(run: Run, text: str, says: str) -> None:
    done = run("explain", "-", input=text)
    assert (done.exit_code, says in done.output) == (2, True)


def test_explained_with_other_rulebooks(run: Run, folder: Path) -> None:
    replace(folder / "hb-2014.yaml", "夫妻一方是独生子女，只有", "夫妻随便哪一方是独生子女，只有")
    done = run("explain", "-", "--folder", folder, input=json.dumps(FACTS))
    assert "随便哪一方" in done.output


# --- diff ---

FEW = ("--couples", "400")


def test_nothing_changes_between_equal_folders(run: Run, folder: Path) -> None:
    done = run("diff", folder, *FEW)
    assert (done.exit_code, "没有人听到的话有变化。" in done.output) == (0, True)


def test_what_changes_is_counted_and_shown(run: Run, folder: Path) -> None:
    replace(folder / "gd-2022.yaml", "grants: registration", "grants: needs_staff")
    done = run("diff", RULEBOOKS, folder, *FEW)
    assert done.exit_code == 1
    assert "改过的规定：gd-2022" in done.output
    assert re.search(r"结论 +\d+ +\d+", done.output)
    assert re.search(r"\d+ 对：办生育登记 → 请窗口看", done.output)
    assert re.search(r'例子 \w+（gd-2022\.yaml）：\{"service"', done.output)
    assert "  结论：办生育登记 → 请窗口看" in done.output
    assert run("diff", RULEBOOKS, folder, *FEW).output == done.output, "the same couples each time"


def test_new_and_removed_texts_are_named(run: Run, folder: Path) -> None:
    (folder / "gd-2022.yaml").rename(folder / "gd-2023.yaml")
    replace(folder / "gd-2023.yaml", "id: gd-2022", "id: gd-2023")
    done = run("diff", RULEBOOKS, folder, "--couples", "50", "--examples", "0")
    assert "新增的规定：gd-2023" in done.output
    assert "去掉的规定：gd-2022" in done.output


def test_a_revision_of_the_project(run: Run) -> None:
    done = run("diff", "HEAD", *FEW, "--examples", "0")
    assert done.exit_code in {0, 1, 2}
    assert "两边各答了一遍" in done.output or "HEAD：" in done.output


@pytest.mark.parametrize("name", ["no-such-revision", "--output=/tmp/x", "-h"])
def test_neither_folder_nor_revision(run: Run, name: str) -> None:
    done = run("diff", "--", name)
    assert (done.exit_code, "既不是文件夹，也不是 git 里的版本" in done.output) == (2, True)


def test_a_folder_that_cannot_be_used(run: Run, folder: Path) -> None:
    replace(folder / "gd-2022.yaml", "strength: secondary", "strength: sure")
    done = run("diff", folder)
    assert (done.exit_code, "gd-2022.yaml 第 " in done.output) == (2, True)


# --- Tables ---


def test_chinese_is_two_columns_wide() -> None:
    assert (width("湖北 ab"), width("，。")) == (7, 4)
    assert wrapped("条件不合：双方现有的孩子", 10) == ["条件不合：", "双方现有的", "孩子"]
    assert wrapped("一二三四五，六", 10) == ["一二三四", "五，六"]
    lines = wrapped("hb-2014.one-only-child and more", 24)
    assert [line.strip() for line in lines] == ["hb-2014.one-only-child", "and more"]
    assert wrapped("", 10) == [""]


def test_a_table_says_the_same_first_cell_once() -> None:
    lines = list(table([("材料", "a"), ("材料", "b"), ("多久", "c")], (6, 3)))
    assert lines == ["材料    a", "        b", "多久    c"]

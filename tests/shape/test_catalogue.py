"""The Traditional catalogue is whole and right; that pages show it is in test_scripts.py."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog

from translations import catalogue


def test_every_text_is_translated() -> None:
    """Mend with `python3 dev.py translate`, then read what it drafted."""
    assert catalogue.complaints() == []


def test_the_committed_catalogue_is_what_the_command_writes() -> None:
    assert catalogue.CATALOGUE.read_text(encoding="utf-8") == catalogue.as_text(catalogue.updated())


def test_a_reviewed_translation_outlives_a_new_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    committed = catalogue.load()
    reviewed, drafted = [message for message in committed if message.id][:2]
    reviewed.string, reviewed.user_comments = "人手改過", [catalogue.REVIEWED]
    drafted.string = "舊稿"
    monkeypatch.setattr(catalogue, "load", lambda: committed)
    kept, redrafted = catalogue.updated(), catalogue.updated(redraft=True)
    assert kept.get(drafted.id).string == "舊稿"
    assert redrafted.get(drafted.id).string != "舊稿"
    assert redrafted.get(reviewed.id).string == "人手改過"


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("户籍", "戶籍"),
        ("居民户口簿", "居民戶口簿"),
        ("身份证", "身份證"),
        ("网上办理", "網上辦理"),
        ("短信验证码", "短信驗證碼"),
        ("出生以后", "出生以後"),
        ("皇后区", "皇后區"),
        ("手里的材料", "手裡的材料"),
        ("三公里", "三公里"),
        ("头发", "頭髮"),
        ("发给您", "發給您"),
        ("干部", "幹部"),
        ("不相干", "不相干"),
        ("只有一个", "只有一個"),
        ("平台", "平臺"),
        ("台州", "台州"),
        ("联系电话", "聯繫電話"),
        ("关系", "關係"),
        ("准予", "准予"),
        ("标准", "標準"),
        ("“是”", "「是」"),
        ("15 天后失效", "15 天後失效"),
        ("签一份", "簽一份"),
        ("行政复议", "行政復議"),
        ("签注", "簽注"),
        ("准生证", "准生證"),
        ("准不准", "准不准"),
        ("手机时间准不准，", "手機時間準不準，"),
        ("承诺的天数里", "承諾的天數裡"),
        ("写明了子女", "寫明了子女"),
        ("销毁", "銷毀"),
        ("念给本人听", "唸給本人聽"),
        ("《人口与计划生育法》", "《人口與計劃生育法》"),
        ("%(name)s，您好", "%(name)s，您好"),
    ],
)
def test_drafting(simplified: str, traditional: str) -> None:
    assert catalogue.Drafter()(simplified) == traditional


def test_simplified_letters_are_known() -> None:
    assert catalogue.simplified_only("沒有找到這一頁，皇后公里") == set()
    assert catalogue.simplified_only("没有找到这页") == set("没这页")
    # Big5 knows these too, as other words that nobody writes.
    assert catalogue.simplified_only("手机和网上的号码，无体") == set("机网号码无体")


def test_traditional_letters_are_known() -> None:
    assert catalogue.traditional_only("没有找到这一页，著名") == set()
    assert catalogue.traditional_only("沒有找到這頁") == set("沒這頁")


@pytest.mark.parametrize(
    ("source", "translation", "says"),
    [
        ("几天里", "幾天里", "里 in"),
        ("以后", "以后", "后 in"),
        ("写明了子女", "寫明瞭子女", "瞭 in"),
        ("准生证", "準生證", "準 in"),
        ("答复", "答復", "復 in"),
        ("复印件", "復印件", "復 in"),
        ("联系", "聯係", "係 in"),
        ("规范", "規范", "范 in"),
        ("日历", "日歷", "歷 in"),
        ("剩余", "剩余", "余 in"),
        ("两周", "兩周", "周 in"),
        ("注销", "注銷", "注 in"),
        ("放松", "放松", "松 in"),
        ("户口", "户口", "Simplified 户"),
        ("戶口", "戶口", "Traditional 戶"),
        ("%(name)s，您好", "，您好", "values and tags"),
        ("%(name)s，您好", "%(nama)s，您好", "values and tags"),
        ("还有 {left} 张", "還有 {lef} 張", "values and tags"),
        ("<b>要</b>带", "<b>要<b>帶", "values and tags"),
        ("行政复议", "行政複議", "glossary"),
        ("“是”", "“是”", "glossary"),
    ],
)
def test_a_bad_translation_is_named(
    monkeypatch: pytest.MonkeyPatch, source: str, translation: str, says: str
) -> None:
    """Each gate of the catalogue refuses what it is there for, and takes what it should."""
    broken, whole = Catalog(locale="zh_Hant"), Catalog(locale="zh_Hant")
    broken.add(source, translation)
    whole.add(source, catalogue.Drafter()(source))
    monkeypatch.setattr(catalogue, "collect", lambda: broken)
    monkeypatch.setattr(catalogue, "load", lambda: broken)
    assert any(says in one for one in catalogue.complaints()), catalogue.complaints()
    if not says.startswith("Traditional"):
        monkeypatch.setattr(catalogue, "load", lambda: whole)
        assert catalogue.complaints() == []


def test_what_is_missing_or_left_over_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    collected, committed = Catalog(locale="zh_Hant"), Catalog(locale="zh_Hant")
    collected.add("新的一句")
    committed.add("旧的一句", "舊的一句")
    monkeypatch.setattr(catalogue, "collect", lambda: collected)
    monkeypatch.setattr(catalogue, "load", lambda: committed)
    assert catalogue.complaints() == ["not translated: '新的一句'", "no longer used: '旧的一句'"]

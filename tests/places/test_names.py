"""Names on a page: short enough to read, never to be mistaken."""

from __future__ import annotations

from collections import Counter

import pytest

from app.places import service
from app.places.gazetteer import PLACEHOLDERS, gazetteer, short


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("421181103", "湖北省 麻城市 白果镇"),
        ("430102", "湖南省 长沙市 芙蓉区"),
        ("450102001", "广西 南宁市 兴宁区 民生街道"),
        ("320576050", "苏州工业园区 娄葑街道"),
        ("130433", "河北省 邯郸市 馆陶县"),
        ("110105", "北京市 朝阳区"),
        ("220104", "吉林省 长春市 朝阳区"),
        ("500229", "重庆市 城口县"),
        ("429004", "湖北省 仙桃市"),
        ("659001", "新疆 石河子市"),
        ("44", "广东省"),
        ("hk", "香港"),
    ],
)
def test_full_name(code: str, name: str) -> None:
    assert service.full_name(code) == name


@pytest.mark.parametrize("code", ["4419", "441900", "4420", "442000", "4604", "460400", "620201"])
def test_a_city_without_districts_is_named_once(code: str) -> None:
    parts = service.full_name(code).split()
    assert len(parts) == len(set(parts)) == 2


def test_full_names_tell_all_divisions_apart() -> None:
    named = (place for place in gazetteer() if place.level != "placeholder")
    for script in ("zh_Hans", "zh_Hant"):
        names = Counter(service.full_name(place.code, script) for place in named)
        assert [name for name, count in names.items() if count > 1] == []


def test_nobody_is_shown_a_placeholder() -> None:
    for place in gazetteer():
        assert not PLACEHOLDERS & set(service.full_name(place.code).split()), place.code


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("430102", "长沙"),
        ("320576050", "苏州"),
        ("421181103", "麻城"),
        ("110105", "北京"),
        ("441900103", "东莞"),
        ("469025", "白沙"),
        ("450102", "南宁"),
        ("45", "广西"),
        ("abroad", "国外"),
    ],
)
def test_short_name_is_what_people_say(code: str, name: str) -> None:
    assert service.short_name(code) == name


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("馆陶县", "馆陶"),
        ("赵县", "赵县"),
        ("广西壮族自治区", "广西"),
        ("新疆维吾尔自治区", "新疆"),
        ("内蒙古自治区", "内蒙古"),
        ("昌吉回族自治州", "昌吉"),
        ("博尔塔拉蒙古自治州", "博尔塔拉"),
        ("恩施土家族苗族自治州", "恩施"),
        ("积石山保安族东乡族撒拉族自治县", "积石山"),
        ("娄葑街道", "娄葑"),
        ("大柴旦行政委员会", "大柴旦行政委员会"),
    ],
)
def test_short(name: str, stem: str) -> None:
    assert short(name) == stem


@pytest.mark.parametrize(
    ("code", "hant"),
    [
        ("3310", "浙江省 台州市"),
        ("331023", "浙江省 台州市 天台縣"),
        ("3706", "山東省 煙臺市"),
        ("421181103", "湖北省 麻城市 白果鎮"),
        ("320576050", "蘇州工業園區 婁葑街道"),
        ("450102", "廣西 南寧市 興寧區"),
        ("430602", "湖南省 岳陽市 岳陽樓區"),
        ("230102", "黑龍江省 哈爾濱市 道里區"),
        ("441900005", "廣東省 東莞市 萬江街道"),
        ("2101", "遼寧省 瀋陽市"),
        ("411624", "河南省 周口市 沈丘縣"),
        ("371521", "山東省 聊城市 陽穀縣"),
        ("410926", "河南省 濮陽市 范縣"),
        ("330281", "浙江省 餘姚市"),
        ("6104", "陝西省 咸陽市"),
        ("110108", "北京市 海淀區"),
        ("441900126", "廣東省 東莞市 麻涌鎮"),
        ("530581", "雲南省 騰衝市"),
        ("211321", "遼寧省 朝陽市 朝陽縣"),
        ("tw", "臺灣"),
    ],
)
def test_traditional_names_are_those_of_the_places(code: str, hant: str) -> None:
    assert service.full_name(code, "zh_Hant") == hant


@pytest.mark.parametrize(
    ("code", "pinyin"),
    [
        ("3415", "lu an shi"),
        ("50", "chong qing shi"),
        ("370524", None),
        ("371524", "dong e xian"),
        ("410182", "xing yang shi"),
        ("511822", "ying jing xian"),
        ("652823", "yu li xian"),
        ("130726", "yu xian"),
        ("441422", "da bu xian"),
        ("420116", "huang pi qu"),
        ("371722", "shan xian"),
        ("330382", "yue qing shi"),
        ("371522", "shen xian"),
        ("3502", "xia men shi"),
        ("110105", "chao yang qu"),
        ("2113", "chao yang shi"),
        ("5111", "le shan shi"),
        ("513402", "hui li shi"),
        ("360733", "hui chang xian"),
        ("522701", "du yun shi"),
        ("360428", "du chang xian"),
        ("440113", "pan yu qu"),
        ("410122", "zhong mu xian"),
        ("140428", "zhang zi xian"),
        ("141024", "hong tong xian"),
        ("621223", "tan chang xian"),
        ("130225", "lao ting xian"),
        ("131025", "dai cheng xian"),
        ("361124", "yan shan xian"),
        ("511527", "jun lian xian"),
        ("3411", "chu zhou shi"),
        ("411104", "shao ling qu"),
        ("1411", "lü liang shi"),
    ],
)
def test_readings_are_those_of_the_places(code: str, pinyin: str | None) -> None:
    place = service.find(code)
    assert (place.pinyin if place else None) == pinyin


def test_an_unknown_code_is_given_back() -> None:
    """An old record keeps the code of a division that a later edition no longer has."""
    for code in ("999999", "", "x", "4411811030", "４４", "12345678901234567890", "-1", "44 "):
        assert service.full_name(code) == code
        assert service.short_name(code) == code
        assert service.find(code) is None
        assert service.children(code) == []

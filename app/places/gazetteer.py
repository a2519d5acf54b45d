"""Every division and every way to find it, in memory: one file, read once, never changed.

The 44,703 names fit in a few large strings of one line each; finding a piece of text in them is a
fraction of a millisecond, the same on every database, and costs a worker about 5 MB. The rows
stand in two shelves, provinces to counties first and then townships, each in the order of the
codes, so that everything inside a division is one slice of each shelf.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "data" / "divisions.csv"

# Rows of the statistical list that stand between a province and its counties and that nobody says.
PLACEHOLDERS = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
LEVELS = {2: "province", 4: "city", 6: "county", 9: "township"}
RANK = {"province": 0, "city": 1, "county": 2, "township": 3}

# Longest first: what people leave off a name. A people's name before it goes too (馆陶, 广西, 恩施).
_ENDINGS = (
    "特别行政区", "自治区", "自治州", "自治县", "自治旗", "民族乡", "街道", "地区", "苏木",
    "省", "市", "区", "县", "旗", "盟", "镇", "乡",
)  # fmt: skip
_PEOPLES = re.compile(
    "(?:蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水"
    "|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|塔吉克|怒|鄂温克|保安"
    "|裕固|独龙|鄂伦春|普米|各|民)族"
)
# 新疆维吾尔, 昌吉回族, 博尔塔拉蒙古: the longer forms the list uses without 族.
_PEOPLES_OF_NAMES = ("维吾尔", "蒙古", "哈萨克", "塔吉克", "柯尔克孜", "锡伯")

# How well a row answers, best first. All initials rank with a beginning: "an" may be 安徽 or 安宁.
EXACT, BEGINS, HOLDS, SOUNDS = range(4)

MAX_QUERY = 60
_SPACES = re.compile(r"[\s,，、/／>›·・\-—_]+")
_SCRIPTS = re.compile(r"[a-z]+|[0-9]+|[^a-z0-9]+")
# The most rows looked at for one pattern, so that one letter costs no more than a name.
_ENOUGH = 120
_SCOPES = 60


class Place(NamedTuple):
    """One division. `level`: province, city, county, township, or placeholder (never shown).

    `pinyin`: syllables without tones, with ü, one space between; `initials`: their first letters.
    `parent`: the code of the division people name next above it, None for a province.
    """

    code: str
    parent: str | None
    level: str
    name: str
    name_hant: str
    pinyin: str
    initials: str
    is_office: bool


class _Column:
    """One column as one text, a line per row; finds the rows in which a pattern occurs."""

    def __init__(self, lines: str) -> None:
        self.text = "\n" + lines
        self.starts = array("I", accumulate(map(len, lines.splitlines(keepends=True)), initial=1))

    def __getitem__(self, row: int) -> str:
        return self.text[self.starts[row] : self.starts[row + 1] - 1]

    def hits(self, pattern: str, rows: range) -> Iterator[tuple[int, int]]:
        """(row, offset in the row) of the first occurrence in each of `rows`, in order.

        A leading newline in `pattern` ties it to the start of a row.
        """
        start, end = self.starts[rows.start] - 1, self.starts[rows.stop]
        tied = pattern[0] == "\n"
        while (at := self.text.find(pattern, start, end)) >= 0:
            at += tied
            row = bisect_right(self.starts, at) - 1
            yield row, at - self.starts[row]
            start = self.starts[row + 1] - 1


class Gazetteer:
    """The divisions of one edition. Built once per process by `gazetteer()`."""

    def __init__(self, file: Path = FILE) -> None:
        data = file.read_bytes()
        self.version = hashlib.sha256(data).hexdigest()
        self._keys = array("Q")
        columns = [io.StringIO() for _ in range(4)]
        # Twice through the file rather than once with every line kept: a third of the memory.
        for townships in (False, True):
            for line in io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"):
                if (line.index(",") == 9) is not townships or line.startswith("code,"):
                    continue
                code, name, hant, pinyin, initials = line.split(",")
                self._keys.append(_key(code))
                columns[0].write(name + "\n")
                columns[1].write(hant + "\n")
                columns[2].write(pinyin + "\n")
                columns[3].write(initials)
            if not townships:
                self._upper = len(self._keys)
        self._names, self._hant, self._pinyin, self._initials = (
            _Column(column.getvalue()) for column in columns
        )
        # Nobody types punctuation; ü is typed v, u or ü: the searched text has u, and so has the query.
        joined = self._pinyin.text[1:].replace(" ", "").replace("-", "").replace("ü", "u")
        self._joined = _Column(joined)
        self._unnamed = self._find_unnamed()
        rows = (row for row in range(self._upper) if len(_code(self._keys[row])) == 2)
        self._provinces = tuple(self._place(row) for row in rows)
        # 余 and 馀 are both 餘: the last one counts, and the common 余 sorts last.
        pairs = sorted(set(zip(self._names.text, self._hant.text, strict=True)), reverse=True)
        kept = {name for name, hant in pairs if name == hant}
        self._simplify = {ord(hant): name for name, hant in pairs if name != hant}
        # 乾 stands for 干 in some names and for itself in others: both are tried.
        self._surely = {c: name for c, name in self._simplify.items() if chr(c) not in kept}

    def _find_unnamed(self) -> dict[str, str | None]:
        """City rows that are not named: placeholders, and cities with one county of the same name.

        The value is that county (东莞市 4419 → 441900), None for a placeholder.
        """
        unnamed: dict[str, str | None] = {}
        for row in range(self._upper):
            code = _code(self._keys[row])
            if len(code) != 4:
                continue
            name = self._names[row]
            inside = self._slice(code, range(row + 1, self._upper))
            if name in PLACEHOLDERS:
                unnamed[code] = None
            elif len(inside) == 1 and self._names[inside.start] == name:
                unnamed[code] = _code(self._keys[inside.start])
        return unnamed

    # Reading

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Place]:
        """Every division, placeholders included."""
        return (self._place(row) for row in range(len(self)))

    def get(self, code: str) -> Place | None:
        """The division with exactly this code, placeholders included."""
        row = self._row(code)
        return None if row is None else self._place(row)

    def canonical(self, code: str) -> str:
        """The county's code for a city that is only itself (4419 → 441900), else `code`."""
        return self._unnamed.get(code) or code

    def path(self, code: str) -> list[Place]:
        """From the province down to `code`, without the rows nobody names; empty when unknown."""
        place = self.get(code)
        steps: list[Place] = []
        while place is not None:
            if place.name not in PLACEHOLDERS:
                steps.append(place)
            place = self.get(place.parent) if place.parent else None
        return steps[::-1]

    def children(self, code: str | None = None) -> list[Place]:
        """What people choose from next below `code`, in the order of the codes; provinces for None.

        Placeholders are passed over (北京市 → 东城区), and a city with only itself inside is given
        as that county (广东省 → 441900 东莞市 → 石碣镇).
        """
        if code is None:
            return list(self._provinces)
        row = self._row(code)
        if row is None or len(code) == 9:
            return []
        if county := self._unnamed.get(code):
            return self.children(county)
        if len(code) == 6:
            inside = self._slice(code, range(self._upper, len(self)))
        else:
            inside = self._slice(code, range(row + 1, self._upper))
        found = map(self._place, inside)
        if code in self._unnamed:
            return list(found)
        return [p for p in found if p.parent == code and p.level != "placeholder"]

    def _row(self, code: str) -> int | None:
        if len(code) not in LEVELS or not (code.isascii() and code.isdigit()):
            return None
        first, last = (self._upper, len(self)) if len(code) == 9 else (0, self._upper)
        key = _key(code)
        row = bisect_left(self._keys, key, first, last)
        return row if row < last and self._keys[row] == key else None

    def _slice(self, code: str, rows: range) -> range:
        """Those of `rows`, all of one shelf, that lie inside `code`."""
        low, high = _key(code), _key(code.ljust(9, "9")) | 15
        first = bisect_left(self._keys, low, rows.start, rows.stop)
        return range(first, bisect_right(self._keys, high, first, rows.stop))

    def _place(self, row: int) -> Place:
        code = _code(self._keys[row])
        unnamed = code in self._unnamed
        return Place(
            code=code,
            parent=self._parent(code),
            level="placeholder" if unnamed else LEVELS[len(code)],
            name=self._names[row],
            name_hant=self._hant[row],
            pinyin=self._pinyin[row],
            initials=self._initials[row],
            # Township codes from 400 up are farms, zones and prisons: never an office.
            is_office=len(code) == 6 or (len(code) == 9 and code[6] in "0123"),
        )

    def _parent(self, code: str) -> str | None:
        if len(code) == 9:
            return code[:6]
        if len(code) == 6:
            return code[:2] if code[:4] in self._unnamed else code[:4]
        return code[:2] if len(code) == 4 else None

    # Searching

    def search(self, text: str, limit: int = 20) -> list[Place]:
        """Divisions that `text` may mean, best first: exact, then beginning with it, then holding it.

        Either script, pinyin (spaces and apostrophes do not matter), initials, a code, or several
        of these from the large to the small ("苏州 昆山", "suzhoukunshan"), half-typed at the end.
        Never raises on any text.
        """
        tokens = self._tokens(text)
        if not tokens:
            return []
        found: dict[int, None] = {}
        whole = "".join(tokens)
        if whole.isdigit():
            row = self._row(whole)
            rows = [] if row is None else [row]
            return [self._place(r) for r in rows if self._shown(r)]
        scopes = [(range(self._upper), range(self._upper, len(self)))]
        found.update(dict.fromkeys(self._ranked(whole, scopes, limit)))
        if len(found) < limit:
            for parts in self._divided(tokens, whole):
                if rows := self._in_parts(parts, limit):
                    found.update(dict.fromkeys(rows))
                    break
        return [self._place(row) for row in list(found)[:limit]]

    def _tokens(self, text: str) -> list[str]:
        folded = unicodedata.normalize("NFKC", text[: 4 * MAX_QUERY]).casefold()[:MAX_QUERY]
        tones = unicodedata.normalize("NFD", folded)
        plain = "".join(c for c in tones if not unicodedata.combining(c))
        plain = re.sub("['’`]", "", plain.replace("v", "u"))
        words = (part for word in _SPACES.split(plain) for part in _SCRIPTS.findall(word))
        return [word.replace("shaanxi", "shanxi") for word in words if word.isalnum()]

    def _spellings(self, token: str) -> set[str]:
        return {token, token.translate(self._simplify), token.translate(self._surely)}

    def _ranked(self, token: str, scopes: list[tuple[range, range]], limit: int) -> list[int]:
        """Rows in `scopes` that match one token, best first."""
        best: dict[int, tuple[int, int]] = {}
        for spelling in self._spellings(token):
            for shelf in (0, 1):
                for scope in scopes:
                    if scope[shelf]:
                        for row, rank in self._matches(spelling, scope[shelf], bool(shelf)):
                            key = (rank, self._level(row))
                            best[row] = min(key, best.get(row, key))
        rows = filter(self._shown, best)
        return sorted(rows, key=lambda row: (best[row], self._keys[row]))[:limit]

    def _matches(self, token: str, rows: range, townships: bool) -> Iterator[tuple[int, int]]:
        """(row, rank) for each way `token` matches."""
        if token.isascii():
            yield from self._latin(token, rows, townships)
            return
        if townships:
            for ending in ("", "镇", "乡", "街道"):
                for row, _ in _some(self._names.hits(f"\n{token}{ending}\n", rows)):
                    yield row, EXACT
        for row, _ in _some(self._names.hits(f"\n{token}", rows)):
            yield row, EXACT if len(token) in _whole(self._names[row]) else BEGINS
        for row, _ in _some(self._names.hits(token, rows)):
            yield row, HOLDS

    def _latin(self, token: str, rows: range, townships: bool) -> Iterator[tuple[int, int]]:
        if townships:
            for ending, initial in (("", ""), ("zhen", "z"), ("xiang", "x"), ("jiedao", "jd")):
                for row, _ in _some(self._joined.hits(f"\n{token}{ending}\n", rows)):
                    yield row, self._exact_latin(row, token)
                for row, _ in _some(self._initials.hits(f"\n{token}{initial}\n", rows)):
                    yield row, BEGINS
        for row, _ in _some(self._joined.hits(f"\n{token}", rows)):
            yield row, self._exact_latin(row, token)
        for row, _ in _some(self._initials.hits(f"\n{token}", rows)):
            yield row, BEGINS if len(token) in _whole(self._names[row]) else HOLDS
        if len(token) > 2:
            for row, offset in _some(self._joined.hits(token, rows)):
                if offset in self._boundaries(row):
                    yield row, SOUNDS

    def _exact_latin(self, row: int, token: str) -> int:
        ends = self._boundaries(row)
        whole = _whole(self._names[row])
        return EXACT if any(ends[n] == len(token) for n in whole if n < len(ends)) else BEGINS

    def _boundaries(self, row: int) -> list[int]:
        ends = [0]
        for syllable in self._pinyin[row].split():
            ends.append(ends[-1] + (0 if syllable == "-" else len(syllable)))
        return ends

    def _divided(self, tokens: list[str], whole: str) -> Iterator[list[str]]:
        """Ways to read a query as several places: as spaced, turned round, then run together."""
        if len(tokens) > 1:
            yield tokens
            yield tokens[::-1]
        if len(tokens) == 1 and len(whole) > 3:
            yield from self._cut(whole)

    def _cut(self, whole: str) -> Iterator[list[str]]:
        """Cut off the longest beginnings that are a province, city or county, one after another."""
        parts: list[str] = []
        rest = whole
        while True:
            for length in range(len(rest) - 1, 1, -1):
                if self._uppers(rest[:length], [range(self._upper)], exact=True):
                    parts.append(rest[:length])
                    rest = rest[length:]
                    yield [*parts, rest]
                    break
            else:
                return

    def _in_parts(self, parts: list[str], limit: int) -> list[int]:
        scopes = [range(self._upper)]
        for part in parts[:-1]:
            rows = self._uppers(part, scopes, exact=False)
            scopes = [self._slice(_code(self._keys[r]), range(self._upper)) for r in rows]
            if not scopes:
                return []
        townships = range(self._upper, len(self))
        codes = [_code(self._keys[scope.start]) for scope in scopes]
        return self._ranked(
            parts[-1],
            [
                (scope[1:], self._slice(code, townships))
                for scope, code in zip(scopes, codes, strict=True)
            ],
            limit,
        )

    def _uppers(self, token: str, scopes: list[range], exact: bool) -> list[int]:
        """Provinces, cities and counties that `token` names (or begins, when not `exact`)."""
        ranks: dict[int, int] = {}
        for spelling in self._spellings(token):
            for scope in scopes:
                for row, rank in self._matches(spelling, scope, False):
                    if rank <= (EXACT if exact else BEGINS):
                        ranks[row] = min(rank, ranks.get(row, rank))
        if EXACT in ranks.values():
            ranks = {row: rank for row, rank in ranks.items() if rank == EXACT}
        return sorted(ranks, key=lambda row: (ranks[row], self._keys[row]))[:_SCOPES]

    def _shown(self, row: int) -> bool:
        return _code(self._keys[row]) not in self._unnamed

    def _level(self, row: int) -> int:
        return RANK[LEVELS[self._keys[row] & 15]]


@cache
def gazetteer() -> Gazetteer:
    """The edition in this installation; read at the first use in a process (about 0.15 s)."""
    return Gazetteer()


@cache
def short(name: str) -> str:
    """A name without its ending and its peoples: 馆陶县 → 馆陶, 广西壮族自治区 → 广西.

    Never shorter than two characters: 赵县 stays 赵县.
    """
    for ending in _ENDINGS:
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            stem = name.removesuffix(ending)
            break
    else:
        return name
    if match := _PEOPLES.search(stem, 2):
        stem = stem[: match.start()]
    if ending.startswith("自治"):
        for people in _PEOPLES_OF_NAMES:
            at = stem.find(people, 2)
            stem = stem[:at] if at > 0 else stem
    return stem


def _whole(name: str) -> tuple[int, ...]:
    """How many characters of `name` a person may type and mean exactly this: all, or the stem."""
    return len(name), len(short(name)) if len(name) > 2 else len(name) - 1


def _some(hits: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    return (hit for _, hit in zip(range(_ENOUGH), hits, strict=False))


def _key(code: str) -> int:
    """Sorts as the codes do, with a division right before what is inside it."""
    return int(code.ljust(9, "0")) << 4 | len(code)


def _code(key: int) -> str:
    return str(key >> 4)[: key & 15]

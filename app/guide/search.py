"""Finding an answer by any word for it, in either script or in pinyin, by the database's own engine.

SQLite's FTS5 and PostgreSQL's text search cut Chinese differently, and some not at all. So each
character is given to them as a word of its own (`准` as `u51c6`), and two neighbours asked for are
a phrase. What is searched: the questions people ask, the papers, and police matters away from home.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from flask import current_app
from sqlalchemy import text

from app.extensions import db
from app.guide import household
from app.guide.questions import everything
from app.language import SCRIPTS, gettext, speaking

PINYIN: Final = Path(__file__).parent / "pinyin.csv"
SYLLABLES: Final = Path(__file__).parent / "syllables.csv"
LONGEST: Final = 60
MOST_FOUND: Final = 12
# Neighbours with one of these say nothing about what is meant.
FILLING: Final = frozenset("的了吗呢么嗎麼怎啊吧呀嘛哪什请請问問要能")
_RUNS = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+|[a-z0-9]+")


@dataclass(frozen=True)
class Entry:
    """Something that can be found: `kind` is question, paper or matter; `heard` is its pinyin."""

    kind: str
    id: str
    title: str
    body: str
    heard: str = ""


# --- Keeping the index ---


def entries() -> Iterator[Entry]:
    """Everything there is to find, in Simplified; old and wrong words count as part of the title."""
    heard = _pinyin()
    for question in everything()[1].values():
        title = " ".join((question.ask, *question.also))
        yield Entry(
            "question", question.id, title, " ".join(question.answer), heard.get(question.id, "")
        )
    for name, paper in current_app.extensions["law"].shelf.documents.items():
        yield Entry("paper", name, paper.name, paper.note or "")
    for name, matter in household.everything().items():
        title = " ".join((matter.name, *matter.also))
        sound = heard.get(sound_of_matter(name), "")
        yield Entry("matter", name, title, " ".join(_told_of(matter)), sound)


def sound_of_matter(name: str) -> str:
    """Under which id `pinyin.csv` has a police matter: a question may have the same id."""
    return f"matter/{name}"


def _told_of(matter: household.Matter) -> Iterator[str]:
    yield matter.short
    for facts in (matter, *matter.ways.values()):
        yield facts.name
        yield from facts.papers.bring if facts.papers else ()
        yield from (remark.text for remark in facts.remarks)


def refresh() -> None:
    """Write the index anew, as part of preparing an installation. The caller commits."""
    db.session.execute(text("DELETE FROM guide_search"))
    insert = (
        "INSERT INTO guide_search (kind, id, title, body) VALUES (:kind, :id, :title, :body)"
        if _is_sqlite()
        else "INSERT INTO guide_search (kind, id, words) VALUES (:kind, :id, "
        "setweight(to_tsvector('simple', :title), 'A') || setweight(to_tsvector('simple', :body), 'B'))"
    )
    rows = [
        {
            "kind": entry.kind,
            "id": entry.id,
            "title": f"{_words(_both_scripts(entry.title))} {entry.heard}",
            "body": _words(_both_scripts(entry.body)),
        }
        for entry in entries()
    ]
    db.session.execute(text(insert), rows)


def _both_scripts(said: str) -> str:
    """The text in both scripts: what is written together is translated together."""
    return " ".join([said, *(_translated(part) for part in said.split(" "))])


def _translated(said: str) -> str:
    with speaking(SCRIPTS[1]):
        return gettext(said) if said else ""


def _words(said: str) -> str:
    return " ".join(word for run in _runs(said) for word in _cut(run))


# --- Asking it ---


def find(typed: str) -> list[tuple[str, str]]:
    """(kind, id) of what fits best first, at most `MOST_FOUND`; nothing for what says nothing.

    Where no character leads anywhere, their sound does: 准升证 is 准生证 to whoever types by pinyin.
    """
    return _found(_parts(typed[:LONGEST])) or _found(_sounds(typed[:LONGEST]))


def _found(asked_for: Iterable[tuple[str, ...]]) -> list[tuple[str, str]]:
    parts = list(dict.fromkeys(asked_for))
    if not parts:
        return []
    if _is_sqlite():
        asked = " OR ".join(_fts5(part) for part in parts)
        # A hit in the question itself weighs more than one in its answer.
        query = (
            "SELECT kind, id FROM guide_search WHERE guide_search MATCH :asked "
            "ORDER BY bm25(guide_search, 0, 0, 6.0, 1.0), id LIMIT :most"
        )
    else:
        asked = " | ".join(_tsquery(part) for part in parts)
        query = (
            "SELECT kind, id FROM guide_search WHERE words @@ to_tsquery('simple', :asked) "
            "ORDER BY ts_rank('{0, 0, 0.2, 1}', words, to_tsquery('simple', :asked)) DESC, id LIMIT :most"
        )
    rows = db.session.execute(text(query), {"asked": asked, "most": MOST_FOUND})
    return [(row.kind, row.id) for row in rows]


def _parts(typed: str) -> Iterator[tuple[str, ...]]:
    """What to look for: each two neighbours in Chinese, each run of letters as a beginning."""
    for run in _runs(typed):
        if run.isascii():
            # One letter is the beginning of half of what there is.
            if len(run) > 1:
                yield (f"{run}*",)
        elif len(run) == 1:
            if run not in FILLING:
                yield tuple(_cut(run))
        else:
            for pair in pairwise(run):
                if not FILLING.intersection(pair):
                    yield tuple(_cut("".join(pair)))


def _sounds(typed: str) -> Iterator[tuple[str, ...]]:
    """How the words typed sound, each as a beginning; words of one character sound like too many others."""
    syllable_of = _syllables()
    for run in _runs(typed):
        for word in "".join(" " if c in FILLING else c for c in run).split():
            heard = [syllable_of.get(character) for character in word]
            if len(heard) > 1 and all(heard):
                yield (f"{''.join(map(str, heard))}*",)


def _fts5(part: tuple[str, ...]) -> str:
    phrase = " ".join(part)
    return f'"{phrase[:-1]}"*' if phrase.endswith("*") else f'"{phrase}"'


def _tsquery(part: tuple[str, ...]) -> str:
    phrase = " <-> ".join(part)
    return f"{phrase[:-1]}:*" if phrase.endswith("*") else f"({phrase})"


def _runs(said: str) -> Iterable[str]:
    return _RUNS.findall(unicodedata.normalize("NFKC", said).casefold())


def _cut(run: str) -> list[str]:
    """A run of letters is one word, marked as heard; a run of characters is one word for each."""
    return [run] if run.isascii() else [f"u{ord(character):x}" for character in run]


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


@cache
def _pinyin() -> dict[str, str]:
    """By question and matter: how it and its other names are spelt, as `zhunshengzheng zsz`."""
    with PINYIN.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["heard"] for row in csv.DictReader(file)}


@cache
def _syllables() -> dict[str, str]:
    """By character of either script: how it is read, without its tone."""
    with SYLLABLES.open(encoding="utf-8", newline="") as file:
        return {
            character: row["syllable"] for row in csv.DictReader(file) for character in row["read"]
        }

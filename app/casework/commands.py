"""`flask cases …`: what a change of the rules means for cases that are in the house already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import click
from flask.cli import with_appcontext

from app.appearance import said
from app.applications.models import State
from app.casework.touched import Tally, Touched, marked_drafts, marked_results, touched_cases, under
from app.language import gettext as _
from app.language import lazy_gettext
from app.policy.explain import OUTCOMES
from app.policy.loading import RULEBOOKS
from app.rules.commands import CHANGED, in_the_terminal_s_script, law_of
from app.rules.plain_text import table

ASPECTS: Final[Mapping[str, Any]] = {
    "outcome": lazy_gettext("结论"),
    "place": lazy_gettext("在哪办"),
    "documents": lazy_gettext("材料"),
    "limits": lazy_gettext("时限和证件"),
}
WIDTHS: Final = (24, 26, 12, 56)


@click.command(
    "touched",
    help="把已经收下的申请按各自收到那天、用 RULES 里的规定重算一遍（RULES 是文件夹，或者 git 里的版本；不写就是本站"
    "现在的），列出在原来的地方结论、地点、材料、时限会不一样的，没办完的在前。只写申请号，不写任何人的情况，什么也不改。"
    "没有，结束时返回 0；有，返回 1；规定不能用，返回 2。",
    short_help="规定改了，哪些申请会不一样",
)
@click.argument("rules", default=str(RULEBOOKS))
@with_appcontext
@in_the_terminal_s_script
def touched(rules: str) -> None:
    """List the cases whose answer would be another under RULES, and count drafts and results marked."""
    tally = Tally()
    live = ended = 0
    with law_of(rules) as law, under(law):
        for case in touched_cases(law, tally):
            if not live + ended:
                for line in _rows([(_("申请号"), _("现在"), _("收到"), _("会不一样的"))]):
                    click.echo(line)
            live, ended = live + case.is_live, ended + (not case.is_live)
            for line in _rows([_cells(case)]):
                click.echo(line)
        drafts, results = marked_drafts(), marked_results()
    if live + ended:
        click.echo("")
    click.echo(
        _(
            "看了 %(cases)s 件申请，重算了 %(replayed)s 件：会不一样的，没办完的 %(live)s 件，办完的 %(ended)s 件。",
            cases=tally.cases,
            replayed=tally.replayed,
            live=live,
            ended=ended,
        )
    )
    if tally.destroyed:
        click.echo(_("%(count)s 件的资料已经销毁，没法重算。", count=tally.destroyed))
    click.echo(
        _(
            "还没交的草稿有 %(drafts)s 份、存下的结果有 %(results)s 份，都会写着“规则有更新，请再看一次”。",
            drafts=drafts,
            results=results,
        )
    )
    if live + ended:
        raise SystemExit(CHANGED)


def _rows(rows: list[tuple[str, ...]]) -> Iterator[str]:
    return table(rows, WIDTHS)


def _cells(case: Touched) -> tuple[str, ...]:
    return (case.number, State(case.state).title, case.filed_on.isoformat(), _told(case))


def _told(case: Touched) -> str:
    """What would be another, in words; the outcomes when they differ."""
    if case.becomes is None:
        return str(_("现在的规定读不懂它的情况，请人看"))
    words = [str(ASPECTS[name]) for name in case.aspects]
    if case.was != case.becomes:
        words[0] = _(
            "%(aspect)s：%(was)s → %(becomes)s",
            aspect=words[0],
            was=_outcome(case.was),
            becomes=_outcome(case.becomes),
        )
    return "；".join(words)


def _outcome(code: str) -> str:
    return said(OUTCOMES[code]) if code else str(_("没有这个地方"))


COMMANDS: dict[str, click.Command] = {"touched": touched}

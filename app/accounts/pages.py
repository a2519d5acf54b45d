"""What the pages of the accounts share: their blueprint, who is here, and what a limit says."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from app.accounts import service, sessions
from app.accounts.models import Citizen
from app.accounts.sessions import current_citizen
from app.appearance import url_if
from app.language import gettext
from app.web import own_path

bp = Blueprint("accounts", __name__, cli_group=None)

BROWSER_DAYS = timedelta(days=1)


def me() -> Citizen:
    """The citizen signed in; the guard of every view that asks has seen to it that there is one."""
    citizen = current_citizen()
    assert citizen is not None  # noqa: S101
    return citizen


def browser() -> str:
    """The random cookie of this browser, to which codes are bound; new when it has none."""
    return sessions.cookie("browser") or sessions.new_token()


def next_page(target: str | None) -> str:
    """Where they were going; else what they have begun and sent, on whatever device that was."""
    return own_path(target, url_if("applications.mine") or url_for("accounts.account"))


def remember_browser(response: Response, cookie: str) -> Response:
    """Let the browser keep that cookie for a day."""
    sessions.put_cookie(response, "browser", cookie, lasting=BROWSER_DAYS)
    return response


def too_many(limit: service.TooMany) -> str:
    """How long to wait, in words."""
    if limit.wait <= 60:
        text = gettext("刚刚发过验证码，请 %(count)s 秒后再试", count=limit.wait)
    elif limit.wait <= 3600:
        text = gettext("次数太多了，请 %(count)s 分钟后再试", count=-(-limit.wait // 60))
    else:
        text = gettext(
            "今天次数太多了，请 %(count)s 小时后再试，或拨打 12345", count=-(-limit.wait // 3600)
        )
    return str(text)


def wrong_code() -> str:
    """One sentence for wrong, used, old and too often tried."""
    return str(gettext("验证码不对，或已经失效。请核对，或者重新获取"))


def later(response: Response, limit: service.TooMany) -> Response:
    """The answer to whoever has to wait."""
    response.headers["Retry-After"] = str(limit.wait)
    return response

"""What a person reads when something cannot be done: their language, what to do next, no internals."""

from __future__ import annotations

import logging

from flask import Flask, Response, current_app, g, make_response, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app.appearance import AGAIN_FIELDS
from app.files.gate import CrowdedError
from app.language import gettext
from app.logs import request_id
from app.web import page

log = logging.getLogger(__name__)

RETRY_AFTER = 10
# Answers after which the same form may be sent again.
SENT_AGAIN = {429, 500, 502, 503, 504}
SECRETS = {"password", "code", "digits"}
MOST_TYPED = 20_000


def init_app(app: Flask) -> None:
    """Answer every HTTP error and every crash with a page of our own."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DBAPIError, _database_fault)
    app.register_error_handler(PoolTimeout, _away)
    app.register_error_handler(Exception, _crash)


def _explanations() -> dict[int, tuple[str, str]]:
    return {
        400: (gettext("这次提交没有看懂"), gettext("请返回上一页，检查后再试一次。")),
        403: (gettext("您不能看这一页"), gettext("请用有权限的账号登录，或回到首页。")),
        404: (gettext("没有找到这一页"), gettext("网址可能输错了，或者内容已经过期。")),
        405: (gettext("这一页不能这样打开"), gettext("请从首页重新进入。")),
        413: (gettext("发送的内容太大"), gettext("请减少文件大小或数量后再试。")),
        429: (gettext("操作太频繁了"), gettext("请稍等几分钟再试。")),
        503: (gettext("系统正忙"), gettext("您填写的内容没有丢，请过一会儿再试。")),
    }


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    code = error.code or 500
    title, advice = _explanations().get(
        code, (gettext("这一步没有成功"), gettext("请返回再试；还不行，请拨打 12345。"))
    )
    if isinstance(error, CrowdedError):
        title = gettext("传的人太多，这一次没有收下")
        advice = gettext("您填的都还在。请返回上一页，过一会儿再传。")
    response = _error_page(code, title, advice)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _stale_form(_error: CSRFError) -> BaseResponse:
    """The form was open too long or the session changed: nothing is written, nothing typed is lost."""
    shown = _form_again()
    if shown is not None:
        return shown
    return _error_page(
        400,
        gettext("这一页放得太久了"),
        gettext("为了安全，请返回上一页刷新后再提交一次。已经保存的内容都还在。"),
    )


def _form_again() -> BaseResponse | None:
    """The form with what was typed and a fresh token, from a view that is marked `shows_again`."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or not getattr(view, "shows_again", False):
        return None
    g.stale_form = True
    try:
        answer = make_response(view(**(request.view_args or {})))
    except Exception:
        log.exception("a form could not be shown again at %s", request.endpoint)
        answer = None
    if answer is not None and "typed_kept" in g:
        # Its session has ended as well: sent to sign in, and shown again after that.
        return answer
    if answer is None or answer.status_code != 200:
        g.pop("stale_form")
        return None
    answer.status_code = 400
    return answer


def _database_fault(error: DBAPIError) -> Response:
    """A database that is away, cut off, locked or too busy is not our mistake; anything else is."""
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        return _away(error)
    return _crash(error)


def _away(error: Exception) -> Response:
    """The database cannot be had: nothing was stored, and the same form may be sent again."""
    log.error("database away: %s", type(error).__name__, exc_info=error)
    response = _error_page(503, *_explanations()[503])
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _crash(error: Exception) -> Response:
    """A fault of ours: logged under a reference the person can quote, shown without internals."""
    reference = request_id()[:8]
    log.exception("unhandled error %s", reference, exc_info=error)
    return _error_page(
        500,
        gettext("系统出了问题"),
        gettext("这是我们的问题，不是您的。您填写的内容没有提交，请稍后再试。"),
        reference=reference,
    )


def _error_page(code: int, title: str, advice: str, reference: str | None = None) -> Response:
    return page(
        "errors/error.html",
        code,
        title=title,
        advice=advice,
        reference=reference,
        again=_typed() if code in SENT_AGAIN else [],
    )


def _typed() -> list[tuple[str, str]]:
    """What was typed into the form that could not be taken, to be sent again by one button.

    Nothing of a form with a secret in it, nor of one with files, which a page cannot hold.
    """
    if request.method != "POST" or request.mimetype != "application/x-www-form-urlencoded":
        return []
    try:
        typed = list(request.form.items(multi=True))
    except HTTPException:
        return []
    if (
        SECRETS & {name for name, _value in typed}
        or sum(len(each[1]) for each in typed) > MOST_TYPED
    ):
        return []
    return [each for each in typed if each[0] not in {"csrf_token", *AGAIN_FIELDS}]

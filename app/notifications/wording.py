"""What each message says: short, no names, no ID numbers; in the script of whoever receives it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from app.appearance import zh_date
from app.language import gettext, speaking

Wording = Callable[[Mapping[str, str]], str]

# How long one text message is, alone and as a part of a longer one, in units of UCS-2.
# https://help.aliyun.com/document_detail/44335.htm, and the same for every carrier in China.
ALONE, JOINED = 70, 67
_VALUE = re.compile(r"%\((\w+)\)s")

SERVICES: Mapping[str, Callable[[], str]] = {
    "childbirth_registration": lambda: gettext("生育登记"),
    "additional_birth_approval": lambda: gettext("再生育审批"),
    "single_child_honor_certificate": lambda: gettext("独生子女父母光荣证"),
    "marital_childbearing_certificate": lambda: gettext("婚育证明"),
}

# By kind; the values in %(…)s are what `queue` is given as `params`.
WORDINGS: Mapping[str, Wording] = {
    "sign_in_code": lambda p: gettext(
        "验证码 %(code)s，%(minutes)s 分钟内有效，用来登录就近办。工作人员不会问您要，请不要告诉别人。",
        **p,
    ),
    "account_code": lambda p: gettext(
        "验证码 %(code)s，%(minutes)s 分钟内有效，用来换手机号或注销您的就近办账号。不是您本人在办，请不要告诉别人。",
        **p,
    ),
    "phone_changed": lambda p: gettext(
        "您的就近办账号已经换了手机号，以后用新号登录。不是您本人办的，请马上拨打 12345。", **p
    ),
    "application_submitted": lambda p: gettext(
        "您的%(service)s申请已经收到，编号 %(number)s。请记下编号，可随时查进度。", **p
    ),
    "application_for_you": lambda p: gettext(
        "有人替您交了%(service)s申请，是您同意的吗？请点开告诉我们：%(site)s/c/%(token)s",
        **p,
    ),
    "spouse_confirmation": lambda p: gettext(
        "您的配偶交了%(service)s申请，请点开确认：%(site)s/c/%(token)s 或到窗口确认",
        **p,
    ),
    "correction_asked": lambda p: gettext(
        "您的申请 %(number)s 还差一些材料，请登录就近办查看要补什么。", **p
    ),
    "correction_reminder": lambda p: gettext(
        "您的申请 %(number)s 还在等您补材料，请登录就近办查看。", **p
    ),
    "correction_received": lambda p: gettext(
        "您补的材料已经交给窗口，编号 %(number)s，窗口最晚 %(due)s受理或者答复您。", **p
    ),
    "application_accepted": lambda p: gettext(
        "您的申请 %(number)s 已经受理，最晚 %(due)s答复您。受理不等于批准。", **p
    ),
    "application_accepted_without_day": lambda p: gettext(
        "您的申请 %(number)s 已经受理。受理不等于批准，有结果会通知您。", **p
    ),
    "application_accepted_by_silence": lambda p: gettext(
        "窗口没有按时答复，您的申请 %(number)s 从收到材料的 %(day)s起算，已经自动受理。受理不等于批准。",
        **p,
    ),
    "application_sent_on": lambda p: gettext(
        "您的申请 %(number)s 已转给%(office)s办理，收件日期不变，您不用重新提交。", **p
    ),
    "application_forwarded": lambda p: gettext(
        "您的申请 %(number)s 乡镇（街道）已经核完，已送%(office)s。", **p
    ),
    "application_registered": lambda p: gettext(
        "您的生育登记 %(number)s 已经办好，登录就近办可以看结果和到哪里领。", **p
    ),
    "application_approved": lambda p: gettext(
        "您的%(service)s申请 %(number)s 已经批准，登录就近办可以看结果和到哪里领。", **p
    ),
    "application_approved_by_rule": lambda p: gettext(
        "您的申请 %(number)s 到 %(day)s没有办完，按规定已经批准发证，登录就近办可以看结果和到哪里领。",
        **p,
    ),
    "application_refused": lambda p: gettext(
        "您的申请 %(number)s 没有批准，理由和申诉办法请登录就近办查看，也可拨打 12345。", **p
    ),
    "application_withdrawn": lambda p: gettext("您的申请 %(number)s 已经撤回。", **p),
    "certificate_ready": lambda p: gettext(
        "您的申请 %(number)s 的证件可以领取了，领取窗口：%(office)s。", **p
    ),
    "certificate_handed_over": lambda p: gettext(
        "您的申请 %(number)s 的证件已在%(office)s领走。不是您或您请的人领的，请打 12345。", **p
    ),
    "certificate_withdrawn": lambda p: gettext(
        "您的申请 %(number)s 的证件已被撤销，理由和申诉办法请登录就近办查看，也可拨打 12345。", **p
    ),
    "certificate_replaced": lambda p: gettext(
        "您的申请 %(number)s 的证件已更正换发，旧的一张不再有效，请登录就近办看新的。", **p
    ),
    "draft_expiring": lambda p: gettext(
        "您有一份没填完的%(service)s申请，%(day)s会删除。要保留，请登录就近办接着填。", **p
    ),
    "promise_reminder": lambda p: gettext(
        "您为申请 %(number)s 承诺补交的材料，请在 %(day)s前补上。登录就近办可以拍照补交。", **p
    ),
    "upload_infected": lambda p: gettext(
        "您的%(service)s申请里有一个文件没有通过安全检查，已经删掉。请登录就近办重新拍一张。", **p
    ),
    "power_confirmation": lambda p: gettext(
        "有人请您委托他代办生育事项。请点开看清楚再决定，不认识的不用理会：%(site)s/c/%(token)s",
        **p,
    ),
    "confirmation_code": lambda p: gettext(
        "验证码 %(code)s，%(minutes)s 分钟内有效，用来确认您的答复。工作人员不会问您要，请不要告诉别人。",
        **p,
    ),
    "power_invitation": lambda p: gettext(
        "有人想委托您代办生育事项。请点开看看，愿意再接下：%(site)s/c/%(token)s", **p
    ),
    "draft_handed_over": lambda p: gettext(
        "有人把替您填的%(service)s申请交给您接着填。请点开看看：%(site)s/c/%(token)s", **p
    ),
    "walk_in_confirmation": lambda p: gettext(
        "窗口和您一起填好了%(service)s申请。请点开看清楚，对了再交：%(site)s/c/%(token)s", **p
    ),
    "application_signed": lambda p: gettext(
        "您在窗口签字的%(service)s申请已经交了，编号 %(number)s。点开确认是您的，就能自己看、自己补：%(site)s/c/%(token)s",
        **p,
    ),
    "power_passed_on": lambda p: gettext(
        "您的代办人把您的委托转给了另一个人。登录就近办可以看是谁，也可以结束委托。", **p
    ),
    "power_taken_on": lambda p: gettext(
        "您委托的人已经接下您的委托。随时可以登录就近办查看或结束委托。", **p
    ),
    "power_confirmed": lambda p: gettext(
        "您的授权委托已经生效，到 %(day)s为止。随时可以登录就近办结束委托。", **p
    ),
    "power_confirmed_agent": lambda p: gettext(
        "委托已经确认，您可以替他们办了，到 %(day)s为止，最后一天也算。", **p
    ),
    "power_refused_agent": lambda p: gettext(
        "对方没有同意委托您代办，您不能再替他们办理。有疑问请直接问他们。", **p
    ),
    "power_ended": lambda p: gettext("您的授权委托已经结束，代办人不能再替您办理。", **p),
    "power_ended_agent": lambda p: gettext(
        "一份委托您代办的授权已经结束，您不能再替他们办理。已经交的申请继续办。", **p
    ),
    "power_rejected": lambda p: gettext(
        "窗口没有认可您的委托书，代办人不能再替您办理。已经交的申请继续办，请登录就近办看原因。",
        **p,
    ),
    "power_rejected_agent": lambda p: gettext(
        "窗口没有认可您交的委托书，您不能再替他们办理。已经交的申请继续办，请登录就近办看原因。",
        **p,
    ),
    "agent_acted": lambda p: gettext(
        "您的代办人刚刚替您办理了一步，编号 %(number)s，登录就近办可以查看，也可以结束委托。", **p
    ),
    "personal_data_viewed": lambda p: gettext(
        "工作人员查看了您的申请 %(number)s 里的证件号码，查看记录可登录就近办查看。", **p
    ),
    "complaint_answered": lambda p: gettext(
        "您为申请 %(number)s 催办或投诉的事已有答复，请登录就近办查看。", **p
    ),
}


def wording(kind: str, params: Mapping[str, object], script: str) -> str:
    """The text of a message in `script`. Raises `KeyError` for an unknown kind or a missing value.

    A `service` is given by its code and a day as `datetime.date`; both are put into words.
    """
    with speaking(script):
        text = str(WORDINGS[kind](in_words(params, script)))
    if "%(" in text:
        raise KeyError(f"{kind} needs values and was given none")
    return text


def in_words(params: Mapping[str, object], script: str) -> dict[str, str]:
    """The values of a message as they stand in its text."""
    with speaking(script):
        return {name: _in_words(name, value) for name, value in params.items()}


def template(kind: str, script: str) -> str:
    """The text with `${name}` for each value, as gateways that approve texts beforehand want it."""
    with speaking(script):
        return _VALUE.sub(r"${\1}", str(WORDINGS[kind]({})))


def gist(kind: str, script: str) -> str:
    """What messages of a kind say, with nobody's values in it."""
    with speaking(script):
        return _VALUE.sub("…", str(WORDINGS[kind]({}))) if kind in WORDINGS else kind


def segments(text: str, signature: str) -> int:
    """How many text messages a text is sent and charged as, with 【signature】 before it."""
    units = len(f"【{signature}】{text}".encode("utf-16-le")) // 2
    return 1 if units <= ALONE else -(-units // JOINED)


def _in_words(name: str, value: object) -> str:
    if name == "service":
        return SERVICES[str(value)]()
    if isinstance(value, date):
        # Without blanks: a gateway knows such a day as one, and each blank is paid for.
        return zh_date(value).replace(" ", "")
    return str(value)

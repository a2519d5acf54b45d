"""What the outbox holds about a citizen: the messages written to their phone in the last month."""

from __future__ import annotations

from flask_babel import format_datetime
from markupsafe import Markup
from sqlalchemy import delete, select

from app.accounts.models import Citizen
from app.accounts.my_data import Holding, Record
from app.appearance import zh_date
from app.extensions import db
from app.language import LANG_ATTRIBUTE, current_script, gettext
from app.notifications.models import MessageState, OutboxMessage
from app.notifications.wording import gist

MOST = 1000


class Messages(Holding):
    """Messages to the phone of the account."""

    def title(self) -> str:
        """Of this part."""
        return str(gettext("发给您的短信（最近 30 天）"))

    def copy(self, citizen: Citizen) -> list[Record]:
        """Each with its text and fate; a code that was only for a moment is not shown again."""
        theirs = (
            select(OutboxMessage)
            .where(OutboxMessage.phone_hash == citizen.phone_hash)
            .order_by(OutboxMessage.created_at.desc())
            .limit(MOST)
        )
        return [_record(message) for message in db.session.scalars(theirs)]

    def forget(self, citizen: Citizen) -> None:
        """All that were sent; what is still to be said about a filing is said first."""
        theirs = OutboxMessage.phone_hash == citizen.phone_hash
        about_filing = OutboxMessage.subject.startswith("application:")
        waiting = (OutboxMessage.state == MessageState.QUEUED) & about_filing
        db.session.execute(
            delete(OutboxMessage)
            .where(theirs, ~waiting)
            .execution_options(synchronize_session=False)
        )


def _as_sent(message: OutboxMessage, shown: str) -> str:
    """In the script it was sent in, and marked so: a screen reader reads it with the right voice."""
    if message.useless_at or message.script == current_script():
        return shown
    return Markup('<span lang="{}">{}</span>').format(LANG_ATTRIBUTE[message.script], shown)


def _record(message: OutboxMessage) -> Record:
    moment = message.sent_at or message.created_at
    shown = gist(message.kind, current_script()) if message.useless_at else message.text or ""
    return Record(
        f"{zh_date(moment)} {format_datetime(moment, 'HH:mm')}",
        [(gettext("内容"), _as_sent(message, shown)), (gettext("结果"), message.fate.title)],
        {
            "kind": message.kind,
            "text": shown,
            "state": message.state,
            "created_at": message.created_at.isoformat(),
            "sent_at": message.sent_at.isoformat() if message.sent_at else None,
        },
    )


HOLDING = Messages("messages")

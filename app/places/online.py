"""What the offices of this installation take online besides what a text of law says."""

from __future__ import annotations

from flask import current_app


def taken_online(service: str, *, by_law: bool) -> bool:
    """Whether a filing of this service (a code of the decision contract) may be sent online here.

    `by_law`: a text opens it online at the place. Where the texts are silent the operator may open
    it (`ONLINE_SERVICES`, shown as 本单位开通); none may close what a text opens.
    """
    return by_law or service in current_app.config["ONLINE_SERVICES"]

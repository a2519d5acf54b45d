"""What the law said to the same facts a moment ago, kept in the memory of each process for five minutes.

Every page of an application rests on its decision, and a couple's facts stay the same from one page to the
next. Kept are decisions alone, which name nobody, under a keyed hash of the facts.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from flask import current_app

from app.clock import today
from app.policy.decide import decide
from app.policy.facts import Facts
from app.policy.law import Law
from app.vault import keyed_hash

KEPT_SECONDS: Final = 300
MOST: Final = 250
_KEPT: Final = "decisions"


class _Kept(NamedTuple):
    law: Law
    until: float
    decision: Mapping[str, Any]


def decision_for(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the law says today to these facts, in the terms of the JSON contract; nobody changes it."""
    as_of_today = {**facts, "on": today().isoformat()}
    law: Law = current_app.extensions["law"]
    kept: dict[str, _Kept] = current_app.extensions.setdefault(_KEPT, {})
    name = keyed_hash("decision", json.dumps(as_of_today, sort_keys=True))
    found = kept.get(name)
    if found is None or found.law is not law or found.until <= time.monotonic():
        decision = decide(Facts.from_json(as_of_today), law).to_json(str)
        found = _Kept(law, time.monotonic() + KEPT_SECONDS, decision)
        if len(kept) >= MOST:
            kept.clear()
        kept[name] = found
    return found.decision

"""The decision: every place's own answer under its own law, and the best of them for the couple."""

from __future__ import annotations

from app.policy.certificates import HonorCertificate, MaritalCertificate
from app.policy.childbirth import Childbirth
from app.policy.criteria import Couple
from app.policy.decision import Decision
from app.policy.facts import Facts
from app.policy.law import Law
from app.policy.weighing import Weighing

_WEIGHINGS: dict[str, type[Weighing]] = {
    "childbirth": Childbirth,
    "single_child_honor_certificate": HonorCertificate,
    "marital_childbearing_certificate": MaritalCertificate,
}


def decide(facts: Facts, law: Law) -> Decision:
    """Decide as of `facts.on`. Never raises on valid facts; unknown facts are named in `missing`."""
    return _WEIGHINGS[facts.service](Couple(facts), law).decide()

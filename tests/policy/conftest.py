"""The law as the site loads it, once for all tests of the core."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.policy.law import Law
from app.policy.loading import load

CASES = Path(__file__).parent / "cases"


@pytest.fixture(scope="session")
def law() -> Law:
    return Law(load())

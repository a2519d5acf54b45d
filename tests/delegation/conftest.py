"""The clock that a test can put forward, as in the tests of signing in."""

from tests.accounts.conftest import watch

__all__ = ["watch"]

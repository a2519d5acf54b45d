"""The demo's offices, and files in a folder of the test's own."""

from __future__ import annotations

import pytest
from flask import Flask

from app.files import LocalStore
from app.places.loading import load_demo_offices


@pytest.fixture
def offices(session, app: Flask, tmp_path) -> None:
    """The offices of the demo, all live."""
    load_demo_offices()
    session.commit()
    app.extensions["files"] = LocalStore(tmp_path / "files")

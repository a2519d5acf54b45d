"""Certificates and letters in the citizen's own hands, and the page where anyone checks them."""

from __future__ import annotations

from flask import Blueprint

from app.certificates import issuing  # noqa: F401  follows the events of applications

bp = Blueprint("certificates", __name__)

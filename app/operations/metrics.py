"""Numbers for Prometheus: how the site answers, and what waits. Never an id, a name or an address.

Requests are counted in each worker; with several workers `PROMETHEUS_MULTIPROC_DIR` (an empty
folder) brings them together. What waits is asked of the database when the numbers are read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from flask import Flask, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from app.applications.models import LIVE, Application
from app.clock import today
from app.extensions import db
from app.notifications.models import MessageState, OutboxMessage
from app.operations import health

CONTENT_TYPE = CONTENT_TYPE_LATEST
ANSWERS = Histogram(
    "jiujinban_request_seconds",
    "How long answers took",
    ("endpoint", "status"),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 3, 10),
)


def init_app(app: Flask) -> None:
    """Count every answer of this worker."""

    @app.before_request
    def begin() -> None:
        g.began_at = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        began = g.get("began_at")
        if began is not None:
            labels = (request.endpoint or "none", str(response.status_code))
            ANSWERS.labels(*labels).observe(time.perf_counter() - began)
        return response


class Waiting(Collector):
    """What waits and what should be looked at, asked of the database."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One query for each family; all of them on indexes."""
        yield GaugeMetricFamily("jiujinban_cases_open", "Cases being worked on", value=_open())
        yield GaugeMetricFamily(
            "jiujinban_cases_late", "Cases past their day", value=_open(late=True)
        )
        for state in (MessageState.QUEUED, MessageState.FAILED):
            name = f"jiujinban_messages_{state.value}"
            yield GaugeMetricFamily(
                name, f"Messages that are {state.value}", value=_messages(state)
            )
        for check in health.checks():
            name = f"jiujinban_check_{check.name}"
            yield GaugeMetricFamily(name, "1 while it is fine", value=int(check.fine))
            yield GaugeMetricFamily(f"{name}_value", "What was measured", value=check.value)


def exposition() -> bytes:
    """The numbers in Prometheus' text format."""
    registry: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    waiting = CollectorRegistry()
    waiting.register(Waiting())
    return generate_latest(registry) + generate_latest(waiting)


def _open(*, late: bool = False) -> int:
    query = select(func.count()).where(Application.state.in_(LIVE))
    if late:
        query = query.where(Application.due_on < today())
    return db.session.scalar(query) or 0


def _messages(state: MessageState) -> int:
    return db.session.scalar(select(func.count()).where(OutboxMessage.state == state)) or 0

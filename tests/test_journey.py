"""Steps are replayed against answers: what is shown, what may be opened, what comes next."""

from __future__ import annotations

import pytest

from app.journey import Journey, Progress, Step

STEPS = (
    Step[dict[str, str]]("who", done=lambda a: "who" in a),
    Step[dict[str, str]](
        "agent", done=lambda a: "agent" in a, shown=lambda a: a.get("who") == "agent"
    ),
    Step[dict[str, str]]("couple", done=lambda a: "couple" in a),
    Step[dict[str, str]]("check", done=lambda a: "check" in a),
)
ALL = {"who": "woman", "couple": "yes", "check": "yes"}


def journey(**answers: str) -> Journey[dict[str, str]]:
    return Journey(STEPS, answers)


@pytest.mark.parametrize(
    ("answers", "visible"),
    [
        ({}, ("who", "couple", "check")),
        ({"who": "woman"}, ("who", "couple", "check")),
        ({"who": "agent"}, ("who", "agent", "couple", "check")),
    ],
)
def test_only_steps_that_fit_the_answers_are_shown(answers, visible):
    assert journey(**answers).visible == visible


@pytest.mark.parametrize(
    ("answers", "first"),
    [
        ({}, "who"),
        ({"who": "woman"}, "couple"),
        ({"who": "agent"}, "agent"),
        ({"who": "agent", "couple": "yes"}, "agent"),
        ({"couple": "yes", "check": "yes"}, "who"),
        (ALL, None),
    ],
)
def test_first_incomplete_step(answers, first):
    assert journey(**answers).first_incomplete == first
    assert journey(**answers).complete is (first is None)


@pytest.mark.parametrize(
    ("answers", "reachable"),
    [
        ({}, {"who"}),
        ({"who": "woman"}, {"who", "couple"}),
        # An answer to a step that is no longer shown opens nothing.
        ({"who": "woman", "agent": "old"}, {"who", "couple"}),
        ({"who": "agent", "couple": "yes"}, {"who", "agent"}),
        (ALL, {"who", "couple", "check"}),
    ],
)
def test_nothing_behind_an_incomplete_step_is_reachable(answers, reachable):
    names = {"who", "agent", "couple", "check", "unknown"}
    assert {name for name in names if journey(**answers).is_reachable(name)} == reachable


@pytest.mark.parametrize(
    ("answers", "name", "previous", "following", "progress"),
    [
        ({}, "who", None, "couple", Progress(1, 3)),
        ({}, "couple", "who", "check", Progress(2, 3)),
        ({"who": "agent"}, "couple", "agent", "check", Progress(3, 4)),
        ({}, "check", "couple", None, Progress(3, 3)),
    ],
)
def test_neighbours_and_progress_skip_hidden_steps(answers, name, previous, following, progress):
    path = journey(**answers)
    assert path.previous(name) == previous
    assert path.next(name) == following
    assert path.progress(name) == progress


def test_a_hidden_step_has_no_neighbours():
    with pytest.raises(KeyError):
        journey(who="woman").next("agent")

"""The attributes of a form's controls, written at once.

WTForms formats each attribute through `Markup.format`, which takes a sixth of the time of a page with a
form, and looks for each list of choices anew how its options are written. What is written here is the
same, letter for letter; `tests/test_attributes.py` holds it to that.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import wtforms.widgets
from markupsafe import Markup, escape
from wtforms.widgets import core

# A site has a few dozen of them.
_name = lru_cache(1000)(core.clean_key)


def attributes(**given: Any) -> Markup:
    """`name="value"` of each in the order of their names; only the name where True, nothing where False.

    `class_` is `class`, and `aria_label` is `aria-label`.
    """
    written = []
    for name, value in sorted(given.items()):
        if value is True:
            written.append(_name(name))
        elif value is not False:
            safe = escape(value)
            if '"' in safe:  # in HTML that was safe already
                safe = safe.replace('"', Markup("&quot;"))
            written.append(f'{_name(name)}="{safe}"')
    return Markup(" ".join(written))  # noqa: S704  names are ours, and each value is escaped above


def write_quickly() -> None:
    """Let WTForms' own controls and labels be written with it."""
    for place in (wtforms.widgets, core):
        place.html_params = attributes
    for control in (core.Input, core.Button):
        control.html_params = staticmethod(attributes)
    core.get_signature = cache(core.get_signature)

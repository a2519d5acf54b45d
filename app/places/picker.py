"""Choosing one place in a form: by typing, or from province to township, with or without scripts.

    class AddressForm(FlaskForm):
        home = PlaceField(lazy_gettext("现居住地"))

    {% from "places/_picker.html" import place_field with context %}
    {{ place_field(form.home) }}

Without scripts the buttons 查找 (`find`), 看下一级 (`drill`) and the larger places among the results
send the whole form; `form.home.looking` is then true, validation refuses without an error, and the
view shows the form again, status 200, storing nothing. With HTMX the same parts are swapped alone.

    if not form.validate_on_submit():
        return page("…", 200 if form.home.looking else 422, form=form)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from flask import url_for
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import Field
from wtforms.validators import StopValidation, ValidationError

from app.language import gettext, lazy_gettext
from app.places import service
from app.places.gazetteer import MAX_QUERY
from app.places.service import ABROAD, Place

_LEVEL_LABELS = {
    "province": lazy_gettext("省、自治区、直辖市"),
    "city": lazy_gettext("城市"),
    "county": lazy_gettext("区、县"),
    "township": lazy_gettext("乡镇、街道"),
}


class Level(NamedTuple):
    """One select of the walk: what is called for, the choices below `above` (None: the provinces), the
    chosen code or ""."""

    label: str
    above: str | None
    options: Sequence[Place]
    chosen: str

    def written(self, script: str) -> Markup:
        """The choices as `<option>`s, by their names in this script."""
        options = _written(self.above, script)
        here = Markup('<option value="%s"') % self.chosen
        return options.replace(here, here + Markup(" selected"), 1) if self.chosen else options


@lru_cache(maxsize=256)
def _written(above: str | None, script: str) -> Markup:
    # The places never change, and the list of provinces is on every page that asks for a place.
    option = Markup('<option value="%s">%s</option>')
    return Markup("\n").join(
        option % (place.code, place.name_hant if script == "zh_Hant" else place.name)
        for place in service.children(above)
    )


@dataclass
class Picker:
    """What one picker shows: the place chosen, the text typed, the way walked down.

    `inside` is a larger place among the results whose own places are shown instead;
    `walked` is a chain of codes from the province down, each inside the one before.
    """

    name: str
    value: str = ""
    query: str = ""
    inside: str = ""
    walked: tuple[str, ...] = ()
    allow_county: bool = True
    allow_abroad: bool = False
    looking: bool = field(default=False, kw_only=True)

    @classmethod
    def read(
        cls,
        name: str,
        sent: MultiDict[str, str],
        value: str = "",
        *,
        allow_county: bool = True,
        allow_abroad: bool = False,
    ) -> Picker:
        """The picker called `name` as a form or an address sends it; `value` is the place chosen."""
        value = service.canonical(value)
        if not sent:
            return cls(name, value, allow_county=allow_county, allow_abroad=allow_abroad)
        inside = sent.get(f"{name}_in", "")
        drill = sent.get("drill") == name
        picker = cls(
            name,
            query=sent.get(f"{name}_q", "").strip()[:MAX_QUERY],
            inside=inside if service.children(inside) else "",
            walked=_walk(sent.getlist(f"{name}_drill")),
            allow_county=allow_county,
            allow_abroad=allow_abroad,
            looking=drill or bool(inside) or sent.get("find") == name,
        )
        # Walking down to a place chooses it, unless another is chosen and the walk goes no further.
        picker.value = (picker.walked_to if drill or not value else "") or value
        return picker

    def accepts(self, code: str) -> bool:
        """Whether `code` may be the answer: known, and as small as this question needs."""
        if code in ABROAD:
            return self.allow_abroad
        place = service.find(code)
        return place is not None and (
            place.level == "township" or (place.level == "county" and self.allow_county)
        )

    @property
    def chosen(self) -> str:
        """`value` when it may be the answer; else ""."""
        return self.value if self.accepts(self.value) else ""

    @property
    def walked_to(self) -> str:
        """The place the walk has come to, when it may be the answer; else ""."""
        code = self.walked[-1] if self.walked else ""
        return code if self.accepts(code) else ""

    @cached_property
    def search_url(self) -> str:
        """Where HTMX asks for what is found, and for the next level."""
        return url_for("places.search", field=self.name, county=int(self.allow_county))

    @cached_property
    def results(self) -> list[Place]:
        """What the text may mean, or what is inside the larger place, without the place chosen."""
        found = service.children(self.inside) if self.inside else service.search(self.query)
        return [place for place in found if place.code != self.value]

    @property
    def levels(self) -> list[Level]:
        """The selects of the walk: one for each step made, and the next one."""
        levels = []
        for above, chosen in zip((None, *self.walked), (*self.walked, ""), strict=True):
            if options := service.children(above):
                levels.append(Level(str(_LEVEL_LABELS[_largest(above)]), above, options, chosen))
        return levels

    @property
    def abroad(self) -> list[str]:
        """The places outside the mainland lists that are offered."""
        return list(ABROAD) if self.allow_abroad else []


@lru_cache(100)
def _largest(above: str | None) -> str:
    levels = list(_LEVEL_LABELS)
    return min((place.level for place in service.children(above)), key=levels.index)


def _walk(codes: Sequence[str]) -> tuple[str, ...]:
    """The longest beginning of the chain that holds: a new province ends the old city's."""
    walked: list[str] = []
    for code in sorted(set(codes), key=lambda code: (len(code), code)):
        above = walked[-1] if walked else None
        place = service.find(code)
        if place and place.parent == above and place.level != "placeholder":
            walked.append(code)
    return tuple(walked)


class PlaceField(Field):
    """A division code of 6 or 9 digits (or one of `ABROAD`), chosen with a `Picker`.

    `allow_county=False` wants a township or street; `required=False` takes no answer for an
    answer. Farms and zones (township codes from 400 up) are places where people live: accepted.
    """

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        allow_county: bool = True,
        allow_abroad: bool = False,
        required: bool = True,
        **settings: Any,
    ) -> None:
        super().__init__(label, validators, **settings)
        self.allow_county = allow_county
        self.allow_abroad = allow_abroad
        self.required = required
        self.sent: MultiDict[str, str] = MultiDict()

    def process(self, formdata: Any, *args: Any, **settings: Any) -> None:
        self.sent = MultiDict() if formdata is None else formdata
        super().process(formdata, *args, **settings)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = self._read(valuelist[0] if valuelist else "").value or None

    @property
    def picker(self) -> Picker:
        """What to show, with `data` as the place chosen."""
        return self._read(self.data or "")

    @property
    def looking(self) -> bool:
        """Whether this request only asks for results or the next level, not for the next page."""
        return self._read("").looking

    def _read(self, value: str) -> Picker:
        return Picker.read(
            self.name,
            self.sent,
            value,
            allow_county=self.allow_county,
            allow_abroad=self.allow_abroad,
        )

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        if self.looking:
            self.errors = ()
            return False
        return bool(super().validate(form, extra_validators))

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            if self.required:
                raise StopValidation(gettext("请从列表里选一个地方"))
        elif not self.picker.accepts(self.data):
            if service.find(self.data) is None:
                raise ValidationError(gettext("请从列表里选一个地方"))
            if self.allow_county:
                raise ValidationError(gettext("请选到区、县，或者乡镇、街道"))
            raise ValidationError(gettext("请选到乡镇、街道"))

"""Templates, compiled once for each script: what a page says is part of its template, not looked up for each reader.

`_("…")` is therefore no function here: its text is found in the catalogue while the template is compiled,
and only what it names with `%(name)s` is filled in for each page, escaped as everything else is.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, cast

from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.exceptions import TemplateAssertionError
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from app.language import LANG_ATTRIBUTE, current_script, translator

SAID = "_"


class Templates(Environment):
    """Jinja that hands out each template in the script of whoever reads.

    Its globals are all there before the first page, and therefore one plain dict a template.
    """

    # None in the environment that Flask makes, which itself compiles nothing.
    script: str | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._by_script: dict[str, Templates] = {}

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        """The template as it is said in the script of this request; see `language.current_script`."""
        if self.script is None:
            return self._in(current_script()).get_template(name, parent, globals)
        return super().get_template(name, parent, globals)

    def from_string(self, *arguments: Any, **options: Any) -> Template:
        """The same for a template that stands in no file."""
        if self.script is None:
            return self._in(current_script()).from_string(*arguments, **options)
        return super().from_string(*arguments, **options)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """What every template knows, and what this one knows besides."""
        return {**self.globals, **(d or {})}

    def _in(self, script: str) -> Templates:
        known = self._by_script.get(script)
        if known is None:
            known = self.overlay()
            known.script = script
            known.globals = {**self.globals, "script": script, "lang": LANG_ATTRIBUTE[script]}
            self._by_script[script] = known
        return known

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """Jinja's hook for another way of reading a template."""
        parsed = super()._parse(source, name, filename)
        spoken = _Spoken(self.script or current_script(), name, filename).visit(parsed)
        return cast("nodes.Template", spoken)


class _Spoken(NodeTransformer):
    """Puts the text itself where a template says `_("…")`."""

    def __init__(self, script: str, name: str | None, filename: str | None) -> None:
        self.translate = translator(script)
        self.where = (name, filename)

    def visit_Call(self, node: nodes.Call, *_: Any, **__: Any) -> nodes.Expr:  # noqa: N802  Jinja finds it by this name
        self.generic_visit(node)
        if not (isinstance(node.node, nodes.Name) and node.node.name == SAID):
            return node
        said = node.args[0] if len(node.args) == 1 else None
        if not isinstance(said, nodes.Const) or node.dyn_args or node.dyn_kwargs:
            raise TemplateAssertionError("_() takes one text, as it is", node.lineno, *self.where)
        text = Markup(self.translate(said.value))  # noqa: S704  a text of ours, never of a visitor
        line = node.lineno
        if not node.kwargs:
            return nodes.Const(text % {} if "%" in text else text, lineno=line)
        named = [nodes.Pair(nodes.Const(each.key), each.value) for each in node.kwargs]
        return nodes.Mod(nodes.Const(text), nodes.Dict(named), lineno=line)

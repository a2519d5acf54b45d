"""What pydantic finds wrong with a file, told with its line, its field and what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel

from app.policy import rulebook as schema
from app.policy.finding import Finding, Where, Words, words
from app.policy.yaml_file import line_of, named

# By the type of pydantic's error. What is not here comes with pydantic's own words.
_EXPECTED: Final[Mapping[str, str]] = {
    "missing": "缺这一项，应写上",
    "string_type": "应为文字；数字请加引号",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "date_type": "应为一个日子，如 2027-03-01",
    "date_parsing": "应为一个日子，如 2027-03-01",
    "date_from_datetime_parsing": "应为一个日子，如 2027-03-01",
    "date_from_datetime_inexact": "应为一个日子，如 2027-03-01，不要写钟点",
    "list_type": "应为一个列表，如 [a, b]",
    "tuple_type": "应为一个列表，如 [2, 1]",
    "dict_type": "应为一项一项的“名称: 内容”",
    "model_type": "应为一项一项的“名称: 内容”",
    "model_attributes_type": "应为一项一项的“名称: 内容”",
    "too_short": "应至少写一个",
    "greater_than": "应大于 0",
}
_PATTERNS: Final[Mapping[str, str]] = {
    schema.RULE_ID: "应只用小写字母、数字和短横线，如 one-disabled",
    schema.BOOK_ID: "应为小写字母、短横线和四位年份，如 gd-2027",
    schema.DATED: '应为一个日子，如 2027-01-20；只知道年月的写 "2027-01"，只知道年的写 "2027"',
}


def breach(path: Path, node: yaml.Node, body: Any, error: Any) -> Finding:
    """One error of pydantic's about the body read from `node`."""
    where: Where = error["loc"]
    expected = _expected(where, error)
    line = line_of(node, where)
    if not where:
        line = _line_of_value(node, expected.values.values()) or line
    return Finding(path.name, line, named(body, where), expected)


def _expected(where: Where, error: Any) -> Words:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error" and isinstance(context["error"].args[0], Words):
        said: Words = context["error"].args[0]
        return said
    if kind == "extra_forbidden":
        near = get_close_matches(str(where[-1]), _FIELDS, n=1)
        if near:
            return words("没有这一项；是不是想写 %(near)s？", near=near[0])
        return words("没有这一项")
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", context["expected"])
        return words("应为 %(choices)s 之一", choices="、".join(choices))
    if kind == "string_pattern_mismatch" and context["pattern"] in _PATTERNS:
        return words(_PATTERNS[context["pattern"]])
    if kind in _EXPECTED:
        return words(_EXPECTED[kind])
    return words("读不懂（%(said)s）", said=error["msg"])


def _fields() -> frozenset[str]:
    """Every field a rulebook may have anywhere, as it is written in the file."""
    models = [one for one in vars(schema).values() if isinstance(one, type)]
    return frozenset(
        field.alias or name
        for model in models
        if issubclass(model, BaseModel)
        for name, field in model.model_fields.items()
    )


_FIELDS: Final = _fields()


def _line_of_value(node: yaml.Node, values: Any) -> int | None:
    """The last line on which one of the values stands as an `id`, or else anywhere."""
    wanted = {str(value) for value in values}
    scalars = list(_scalars(node))
    for names in ({"id"}, {name for name, _value, _line in scalars}):
        lines = [line for name, value, line in scalars if name in names and value in wanted]
        if lines:
            return max(lines)
    return None


def _scalars(node: yaml.Node, name: str = "") -> Iterator[tuple[str, str, int]]:
    """(name, value, line) of every single value below a node; items of a list keep its name."""
    if isinstance(node, yaml.ScalarNode):
        yield name, node.value, node.start_mark.line + 1
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(value, key.value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item, name)

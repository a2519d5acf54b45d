"""YAML files read as nodes that know their lines, and a mistake named by its line and its field."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import yaml

from app.policy.finding import Finding, RulebookError, Where, words


def compose(path: Path, kind: type[yaml.Node] = yaml.MappingNode) -> yaml.Node:
    """The file as YAML nodes, which know their lines. Raises `RulebookError`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=loader)
    except OSError as error:
        raise RulebookError(Finding(path.name, 1, "file", words("应有这个文件"))) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        expected = words("应存成 UTF-8 编码，现在是别的编码")
        raise RulebookError(Finding(path.name, line, "file", expected)) from error
    except yaml.YAMLError as error:
        raise RulebookError(_full_width_sign(path) or _unreadable(path, error)) from error
    if not isinstance(node, kind):
        expected = (
            words("应为一项一项的“名称: 内容”")
            if kind is yaml.MappingNode
            else words("应为一个列表")
        )
        raise RulebookError(_full_width_sign(path) or Finding(path.name, 1, "file", expected))
    _refuse_doubled_keys(node, path)
    return node


def _unreadable(path: Path, error: yaml.YAMLError) -> Finding:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", error))
    expected = words(
        "应为能读的 YAML，请看这一行和上一行的缩进、冒号、引号和空格（%(problem)s）",
        problem=problem,
    )
    return Finding(path.name, mark.line + 1 if mark else 1, "file", expected)


def _full_width_sign(path: Path) -> Finding | None:
    """The first field name followed by ： where : is meant: what a Chinese keyboard types."""
    text = path.read_bytes().decode(errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r"\s*(?:- )?([a-z_]+)：", line)
        if found:
            return Finding(path.name, number, found[1], words("名称后面应为半角冒号 : 加一个空格"))
    return None


def _refuse_doubled_keys(node: yaml.Node, path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise RulebookError(
                    Finding(path.name, line, key.value, words("同一处应只写一次，这里写了两次"))
                )
            seen.add(key.value)
            _refuse_doubled_keys(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_doubled_keys(item, path)


class _Plain(yaml.SafeLoader):
    """Dates stay text here, so that a wrong one is refused with its field like everything else."""

    yaml_constructors: ClassVar[dict[str | None, Any]] = {
        **yaml.SafeLoader.yaml_constructors,
        "tag:yaml.org,2002:timestamp": yaml.SafeLoader.construct_yaml_str,
    }


def plain(node: yaml.Node) -> Any:
    """The values of a node; dates stay text, to be read by the field that wants one."""
    constructor = _Plain("")
    try:
        return constructor.construct_document(node)
    finally:
        constructor.dispose()


def line_of(node: yaml.Node, where: Where) -> int:
    """The line of the deepest part of `where` that the file really has."""
    line = node.start_mark.line
    for part in where:
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            found = (node.value[part], node.value[part]) if part < len(node.value) else None
        if found is None:
            break
        line, node = found[0].start_mark.line, found[1]
    return line + 1


def named(body: Any, where: Where) -> str:
    """`rules.one-only-child.when` reads better than `rules.3.when`."""
    names: list[str] = []
    for step in where:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            body = None
        own = body.get("id") if isinstance(body, dict) and isinstance(step, int) else None
        names.append(str(own or step))
    return ".".join(names) or "file"

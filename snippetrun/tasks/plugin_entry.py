"""The plugin's entry, put into the text of a mkdocs.yml, of which all other lines stay as they are.

plugins:              plugins:
  - search      ->      - search
                        - snippetrun:
                            images: ...
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from snippetrun.config.yaml_text import SiteLoader, compose, construct
from snippetrun.extract import Edit, splice
from snippetrun.extract.lines import normalised

_NAME = "snippetrun"


def added(text: str, options: Mapping[str, Any], lines: Sequence[str]) -> str | None:
    """Return the text of a mkdocs.yml with an entry for us under `plugins`; `lines` are its options as YAML.

    What comes out says what it said before, and that: it is read again to see it. None where that cannot be done by
    adding lines, or by writing a list in brackets with a line for each of its items.
    """
    before = _values(text)
    if not isinstance(before, dict) or ("INHERIT" in before and "plugins" not in before):
        return None
    entry: Any = {_NAME: dict(options)} if options else _NAME
    plugins = before.get("plugins", ["search"])
    if isinstance(plugins, list):
        plugins = [*plugins, entry]
    elif isinstance(plugins, dict):
        plugins = {**plugins, _NAME: dict(options)}
    after = _edited(text, lines, named=bool(options)) if "plugins" in before else _at_the_end(text, lines, options)
    return after if after and _values(after) == before | {"plugins": plugins} else None


def entry(lines: Sequence[str], indent: int = 2, *, named: bool) -> list[str]:
    """Return the lines of our entry in a list; it is not `named` with a colon where none of its options is said."""
    blanks = " " * indent
    return [f"{blanks}- {_NAME}{':' if named else ''}", *(f"{blanks}    {line}" for line in lines)]


def _values(text: str) -> Any:  # noqa: ANN401 - from YAML
    try:
        return construct(compose("\n".join(normalised(text)) + "\n"), SiteLoader)
    except yaml.YAMLError:
        return None


def _at_the_end(text: str, lines: Sequence[str], options: Mapping[str, Any]) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    new = ["", "plugins:", "  - search", *entry(lines, named=bool(options))]
    return text.rstrip("\r\n") + end + "".join(line + end for line in new)


def _edited(text: str, lines: Sequence[str], *, named: bool) -> str | None:
    written = normalised(text)
    root = compose("\n".join(written) + "\n")
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    [(key, node)] = [(key, value) for key, value in pairs if key.value == "plugins"][-1:]
    if node.start_mark.line < key.start_mark.line:  # an alias: what it names may be used elsewhere too
        return None
    if isinstance(node, yaml.SequenceNode) and node.flow_style:
        edit = _unfolded(written, key, node, lines, named=named)
    elif isinstance(node, yaml.SequenceNode | yaml.MappingNode) and not node.flow_style:
        indent = node.start_mark.column
        last = _last_line(written, node)
        new = entry(lines, indent, named=named)
        if isinstance(node, yaml.MappingNode):
            new = [new[0].replace("- ", "", 1) + ("" if named else ": {}"), *new[1:]]
        edit = Edit(last + 1, last, tuple(new)) if last < len(written) else Edit(last, last, (written[last - 1], *new))
    else:
        edit = None
    return splice(text, [edit]) if edit else None


def _unfolded(
    written: Sequence[str], key: yaml.Node, node: yaml.SequenceNode, lines: Sequence[str], *, named: bool
) -> Edit | None:
    """Return a list in brackets, `plugins: [search, tags]`, as one with a line for each item."""
    first, last = key.start_mark.line, node.end_mark.line
    items, rest = [], list(written[first : last + 1])
    for item in reversed(node.value):
        start, end = item.start_mark, item.end_mark
        if start.line != end.line:
            return None
        line = rest[start.line - first]
        items.append(line[start.column : end.column])
        rest[start.line - first] = line[: start.column] + line[end.column :]
    if not re.fullmatch(r"plugins\s*:\s*\[[\s,]*\]\s*", "\n".join(rest)):  # comments would be lost
        return None
    new = ("plugins:", *(f"  - {item}" for item in reversed(items)), *entry(lines, named=named))
    return Edit(first + 1, last + 1, new)


def _last_line(written: Sequence[str], node: yaml.Node) -> int:
    """Return the last line of a list or mapping, from 1; blank lines and comments below it are no part of it."""
    column, last = node.start_mark.column, node
    while isinstance(last, yaml.SequenceNode | yaml.MappingNode) and not last.flow_style and last.value:
        last = last.value[-1][1] if isinstance(last, yaml.MappingNode) else last.value[-1]
    line = min(last.end_mark.line + 1, len(written))
    # A text behind `|` ends where the next one begins.
    while line > node.start_mark.line + 1 and (not written[line - 1].strip() or _indent(written[line - 1]) < column):
        line -= 1
    return line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))

"""YAML of mkdocs.yml and of front matter: composed into nodes, which know their lines, and then read."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError
from yaml_env_tag import construct_env_tag

from snippetrun.config.options import Keys, Unset
from snippetrun.errors import Problem
from snippetrun.support import bounded


class Loader(bounded.SafeLoader):  # type: ignore[misc, valid-type] # mypy wants a class that it knows
    """Reads any YAML: tags such as `!!python/name` concern other tools, not us."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - PyYAML's
        """Read a node, and name its line if that fails."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, AttributeError) as error:  # for a date such as 2026-99-99
            if node.start_mark is None:  # it comes from an environment variable, and the node that names that is next
                raise
            raise ConstructorError(None, None, f"a value cannot be read: {error}", node.start_mark) from error


class SiteLoader(Loader):
    """Reads environment variables too. No page may: what they hold would be shown."""


def compose(text: str) -> yaml.Node | None:
    """Return the node of a text, None if it is empty; raise YAMLError if it is no YAML, or could do harm."""
    bounded.check(text)
    return yaml.compose(text, Loader)


def construct(node: yaml.Node | None, loader: type[Loader] = Loader) -> Any:  # noqa: ANN401 - from YAML
    """Return what a node says; raise YAMLError if that cannot be read.

    What `<<: *name` takes over becomes a part of the node, so that it has its line too.
    """
    return None if node is None else loader("").construct_document(node)


def pairs(node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
    """Return the keys and values of a mapping, with what `<<: *name` takes over; what is written beside that wins."""
    own = [(key, value) for key, value in node.value if key.tag != "tag:yaml.org,2002:merge"]
    Loader("").flatten_mapping(node)
    taken = {key_of(key): (key, value) for key, value in node.value[: len(node.value) - len(own)]}
    names = {key_of(key) for key, _ in own}
    return [*(pair for name, pair in taken.items() if name not in names), *own]


def problem(error: yaml.YAMLError, what: str, text: str, path: str, first_line: int = 1) -> Problem:
    """Return what a YAMLError says about a text, which starts on line `first_line` of a file."""
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None)
    index = mark.index if mark else min(getattr(error, "position", None) or 0, len(text))
    line, column = text.count("\n", 0, index), index - (text.rfind("\n", 0, index) + 1)
    hint = "Quote the value, or close the bracket or the quote that is open."
    hint = "" if isinstance(error, ComposerError) else hint  # its aliases are wrong, or it is too large
    return Problem(f"{what} not valid YAML: {reason}", hint, path, first_line + line, column + 1)


def scalar(text: str) -> str:
    """Return a text as YAML, in quotes if it would or might say something else without: `yes`, `12`, `a: b`."""
    plain = re.fullmatch(r"[\w./-]+", text, re.ASCII) and yaml.safe_load(text) == text
    return text if plain else json.dumps(text, ensure_ascii=False)


def key_of(node: yaml.Node) -> str:
    """Return a key as it is written; `?` for one that is no word, as in `? [a] : b`."""
    return str(node.value) if isinstance(node, yaml.ScalarNode) else "?"


def position(node: yaml.Node | None, keys: Keys) -> tuple[int, int, int]:
    """Return how many of the keys lead to something in a node, and its line and column, from 1; 0 if none does."""
    depth = line = column = 0
    for key in keys:
        if node is None or str(key) not in _parts(node):
            break
        mark, node = _parts(node)[str(key)]
        depth, line, column = depth + 1, mark.line + 1, mark.column + 1
    return depth, line, column


@lru_cache(8)  # a node may have a million parts, and each of them a problem
def _parts(node: yaml.Node) -> dict[str, tuple[yaml.Mark, yaml.Node]]:
    """Return the parts of a node, and where each starts; of two with the same key the last, as in PyYAML.

    In a list, a mapping's key leads to its value too: that is how `plugins: [search, {snippetrun: ...}]` is written.
    """
    parts: dict[str, tuple[yaml.Mark, yaml.Node]] = {}
    if isinstance(node, yaml.MappingNode):
        parts = {key_of(key): (key.start_mark, value) for key, value in node.value}
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            parts[str(number)] = (item.start_mark, item)
            if isinstance(item, yaml.MappingNode):
                parts |= _parts(item)
    return parts


def _ignore_tag(loader: Loader, _suffix: str, node: yaml.Node) -> Any:  # noqa: ANN401 - from YAML
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else None


def _environment(loader: Loader, node: yaml.Node) -> Any:  # noqa: ANN401 - from YAML
    value = construct_env_tag(loader, node)
    names = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return Unset(str(names[0].value)) if value is None and names else value


Loader.add_multi_constructor("!", _ignore_tag)
Loader.add_multi_constructor("tag:yaml.org,2002:python/", _ignore_tag)
SiteLoader.add_constructor("!ENV", _environment)

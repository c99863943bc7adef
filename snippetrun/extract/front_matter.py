"""What a page's front matter says to us: the key `snippetrun`, and the page's title."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import yaml

from snippetrun.config import GONE, pattern
from snippetrun.errors import Problem
from snippetrun.extract.attribute_values import read_match
from snippetrun.extract.info_string import suggest
from snippetrun.model import PageOptions
from snippetrun.support import bounded, units

# MkDocs' own rule (`YAML_RE` in mkdocs/utils/meta.py): what it takes for front matter is not on the site.
_BLOCK = re.compile(r"-{3}[ \t]*\n(.*?\n)(?:\.{3}|-{3})[ \t]*\n", re.DOTALL)
_STRING = "tag:yaml.org,2002:str"
_BOOL = "tag:yaml.org,2002:bool"


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The front matter of one page, as far as it concerns us."""

    lines: int = 0
    """How many lines it takes, both markers included."""
    options: PageOptions = field(default_factory=PageOptions)
    title: str = ""
    problems: tuple[Problem, ...] = ()


def front_matter(path: str, lines: Sequence[str]) -> FrontMatter:
    """Read the front matter at the head of a page; as in MkDocs it is none unless it is a YAML mapping."""
    block = _BLOCK.match("\n".join(lines) + "\n")
    if not block:
        return FrontMatter()
    count = block[0].rstrip("\n").count("\n") + 1
    try:
        bounded.check(block[1])
        # Composed but never constructed: the tags and the dates of other tools are none of our business.
        node = yaml.compose(block[1], yaml.SafeLoader)
    except yaml.YAMLError as error:
        return FrontMatter(count, problems=(_invalid(path, block[1], error),))
    if not isinstance(node, yaml.MappingNode):
        return FrontMatter()
    reader = _Reader(path)
    title = ""
    for key, value in node.value:
        if key.value == "title" and isinstance(value, yaml.ScalarNode):
            title = value.value
        elif key.value == "snippetrun":
            reader.read(key, value)
    options = PageOptions(**reader.values)  # type: ignore[arg-type]  # each key has its reader
    return FrontMatter(count, options, title, tuple(reader.problems))


def _invalid(path: str, text: str, error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    position = getattr(error, "position", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None)
    index = mark.index if mark else min(position or 0, len(text))
    line, column = text.count("\n", 0, index), index - (text.rfind("\n", 0, index) + 1)
    return Problem(
        f"the front matter is not valid YAML: {what}",
        "Quote the value, or close the bracket or the quote that is open.",
        path,
        line + 2,
        column + 1,
    )


class _Reader:
    """One pass over the value of `snippetrun`, collecting what is wrong."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.values: dict[str, object] = {}

    def complain(self, node: yaml.Node, message: str, hint: str = "") -> None:
        mark = node.start_mark
        self.problems.append(Problem(message, hint, self.path, mark.line + 2, mark.column + 1))

    def read(self, key: yaml.Node, mapping: yaml.Node) -> None:
        self.values["line"] = key.start_mark.line + 2
        if not isinstance(mapping, yaml.MappingNode):
            self.complain(key, "snippetrun takes a mapping", "Write:\nsnippetrun:\n  skip: the reason")
            return
        for name, value in mapping.value:
            reader = _KEYS.get(name.value) if isinstance(name, yaml.ScalarNode) else None
            if not reader:
                written = name.value if isinstance(name, yaml.ScalarNode) else "this"
                if written == "stable":
                    self.complain(name, f"stable: {GONE}")
                    continue
                self.complain(name, f"`{written}` is no key of snippetrun", suggest(str(written), _KEYS))
                continue
            if name.value in self.values:
                self.complain(name, f"{name.value} is written twice", "Leave one of them.")
                continue
            try:
                self.values[name.value] = reader(value)
            except _EntryError as error:
                self.complain(error.node, str(error))
            except ValueError as error:
                self.complain(name, str(error))


class _EntryError(ValueError):
    """One of several entries is wrong, and where it stands."""

    def __init__(self, message: str, node: yaml.Node) -> None:
        super().__init__(message)
        self.node = node


def _skip(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode) or node.tag != _STRING or not node.value.strip():
        raise ValueError("skip needs a reason that a reader can see, such as skip: needs a GPU")
    return str(node.value).strip()


def _timeout(node: yaml.Node) -> float:
    return units.duration(node.value if isinstance(node, yaml.ScalarNode) else "this")


def _images(node: yaml.Node) -> tuple[str, ...]:
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    names = [item.value for item in items if isinstance(item, yaml.ScalarNode) and item.tag == _STRING]
    if not isinstance(node, yaml.SequenceNode) or len(names) < len(items) or not all(names):
        raise ValueError("images takes a list of image names, such as images: [nginx, busybox]")
    return tuple(names)


def _match(node: yaml.Node) -> object:
    return read_match(node.value if isinstance(node, yaml.ScalarNode) else "this")


def _hub(node: yaml.Node) -> bool:
    said = str(node.value).lower() if isinstance(node, yaml.ScalarNode) and node.tag == _BOOL else ""
    if said not in ("true", "false"):  # YAML 1.1 has a dozen more words for them
        raise ValueError("hub takes true or false, such as hub: true")
    return said == "true"


def _regexes(key: str, node: yaml.Node) -> tuple[str, ...]:
    if not isinstance(node, yaml.SequenceNode):
        raise ValueError(f"{key} takes a list of regular expressions, such as {key}: ['session [0-9a-f]+']")
    found = []
    for entry in node.value:
        text = entry.value if isinstance(entry, yaml.ScalarNode) and entry.tag == _STRING else None
        try:
            found.append(pattern(text))
        except ValueError as error:
            raise _EntryError(f"{key}: {error}", entry) from error
    return tuple(found)


_KEYS: dict[str, Callable[[yaml.Node], object]] = {
    "skip": _skip,
    "timeout": _timeout,
    "images": _images,
    "match": _match,
    "hub": _hub,
    "varies": partial(_regexes, "varies"),
    "same": partial(_regexes, "same"),
}

"""What a page's front matter says to us: the key `snippetrun`, and the page's title."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import yaml
from yaml.composer import ComposerError

from snippetrun.config import values
from snippetrun.config.options import Reader, read
from snippetrun.config.yaml_text import compose, construct, key_of, pairs, position, problem
from snippetrun.errors import Problem
from snippetrun.model import Match, PageOptions
from snippetrun.support import units

# MkDocs' own rule (`YAML_RE` in mkdocs/utils/meta.py): what it takes for front matter is not on the site.
# ---\ntitle: Images\n---\n
_BLOCK = re.compile(r"-{3}[ \t]*\n(.*?\n)(?:\.{3}|-{3})[ \t]*\n", re.DOTALL)
# the key in "title: x\nsnippetrun: {hub: true}"
_OURS = re.compile(r"^snippetrun\s*:", re.MULTILINE)
# the tag of a value such as `null` or `~`, or of none
_NULL = "tag:yaml.org,2002:null"

READERS: Mapping[str, Reader] = {
    "skip": values.reason,
    "timeout": units.duration,
    "images": values.names,
    "match": values.one_of(Match),
    "hub": values.flag,
    "varies": values.regexes,
    "same": values.regexes,
}
"""What reads the value of each key below `snippetrun`."""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The front matter of one page, as far as it concerns us."""

    lines: int = 0
    """How many lines it takes, both markers included."""
    options: PageOptions = field(default_factory=PageOptions)
    title: str = ""
    problems: tuple[Problem, ...] = ()


def read_front_matter(path: str, lines: Sequence[str]) -> FrontMatter:
    """Read the front matter at the head of a page; as in MkDocs it is none unless it is a YAML mapping.

    One that is no YAML is wrong only if it says something to us, or could do harm.
    """
    block = _BLOCK.match("\n".join(lines) + "\n")
    if not block:
        return FrontMatter()
    count = block[0].rstrip("\n").count("\n") + 1
    title, options, problems = "", PageOptions(), list[Problem]()
    try:
        node = compose(block[1])
        if not isinstance(node, yaml.MappingNode):
            return FrontMatter()
        for key, value in pairs(node):
            if key.value == "title" and isinstance(value, yaml.ScalarNode):
                title = "" if value.tag == _NULL else value.value
            elif key.value == "snippetrun" and options.line:
                mark = key.start_mark
                message, hint = "snippetrun: is written twice", "Leave one of them."
                problems.append(Problem(message, hint, path, mark.line + 2, mark.column + 1))
            elif key.value == "snippetrun":
                options, problems = _options(path, key, value)
    except yaml.YAMLError as error:
        if not _OURS.search(block[1]) and not isinstance(error, ComposerError):
            return FrontMatter()
        problems = [problem(error, "the front matter is", block[1], path, first_line=2)]
    return FrontMatter(count, options, title, tuple(problems))


def _options(path: str, key: yaml.Node, node: yaml.Node) -> tuple[PageOptions, list[Problem]]:
    """Read the value of `snippetrun`, and no other: the tags and the dates of other tools are none of our business."""
    line, column = key.start_mark.line + 2, key.start_mark.column + 1
    if not isinstance(node, yaml.MappingNode):
        hint = "Write:\nsnippetrun:\n  skip: the reason"
        return PageOptions(line=line), [Problem("snippetrun: expects keys and values", hint, path, line, column)]

    def where(keys: Sequence[str | int]) -> tuple[str, int, int]:
        _, line, column = position(node, keys)
        return path, line + 1, column

    given = [(key_of(name), construct(value)) for name, value in pairs(node)]
    options, problems = read(given, READERS, where)
    return PageOptions(line=line, **options), problems

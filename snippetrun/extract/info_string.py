"""Read an info string: the text after an opening fence, e.g. `console {timeout=60s skip="needs a GPU"}`.

The grammar is a language word, then optionally braces that hold `key=value`, `key="quoted value"` and `flag`,
as in attribute lists (https://python-markdown.github.io/extensions/attr_list/). Quotes know no escapes.

Keys of the renderer (`title`, `hl_lines`, `.class`, `#id` ...) pass, in braces or bare as Material documents
them (https://squidfunk.github.io/mkdocs-material/reference/code-blocks/). What other tools write after a
language that we do not run is theirs, and is left alone unless a key of ours stands in its braces.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from snippetrun.config.options import Keys, read
from snippetrun.errors import PageError, Problem
from snippetrun.extract.attribute_values import READERS
from snippetrun.model import Appearance, Options

_BARE: Mapping[str, re.Pattern[str]] = {
    "title": re.compile(".*"),
    "title_mode": re.compile(".*"),
    # 1, or 1 2 for every second line
    "linenums": re.compile(r"[0-9]+(?:[ \t]+[0-9]+){0,2}.*"),
    # 2-3 5
    "hl_lines": re.compile(r"[0-9]+(?:-[0-9]+)?(?:[ \t]+[0-9]+(?:-[0-9]+)?)*"),
}
"""What pymdownx.superfences accepts without braces, and for which values: `highlight_validator` in its source.

With any other bare word it does not take the line for an opening fence.
"""
_RENDERER_ATTRIBUTES = frozenset({"id", "class", "style"})

# console, before {timeout=60s}
_LANGUAGE = re.compile(r"[^\s{]*")
# the blanks in `console {  hide}`
_SPACE = re.compile(r"\s*")
# .class, #id, hide, timeout=60s, skip="needs a GPU"
_ITEM = re.compile(
    r"""
    (?:
      (?P<mark> [.\#] [^\s"'=}]+ )
      | (?P<key> [A-Za-z] [\w-]*+ ) (?: = (?: "(?P<double>[^"]*)" | '(?P<single>[^']*)' | (?P<bare>[^\s"'}]*) ) )?
    )
    (?= [\s}] | $ )
    """,
    re.VERBOSE,
)
# title="the quote is never closed
_OPEN_QUOTE = re.compile(r"""[A-Za-z][\w-]*=(["'])""")
# the value in skip="needs a GPU"
_QUOTED = re.compile(r"""=(?:"[^"]*"|'[^']*')""")
# timeout in `{.c timeout=5s}`, hide in `{hide}`
_OWN_KEY = re.compile(rf"(?:^|[\s{{,])(?:{'|'.join(READERS)})(?=[=\s,}}]|$)")


@dataclass(frozen=True, slots=True)
class _Item:
    """One attribute as it is written."""

    key: str
    """Empty for a `.class` or an `#id`."""
    value: str | None
    text: str
    offset: int
    """Where it starts in the info string."""


class _InfoString:
    """An info string, cut where its language ends, and what is wrong with it."""

    def __init__(self, info: str, path: str = "", line: int = 0, column: int = 0) -> None:
        self.info = info
        self.where = (path, line, column)
        self.problems: list[Problem] = []
        match = _LANGUAGE.match(info, self.skip_blanks(0))
        word, end = (match[0], match.end()) if match else ("", 0)
        self.start = self.skip_blanks(end)
        """Where its attributes start."""
        self.braced = info.startswith("{", self.start)
        self.touches = bool(word) and self.braced and self.start == end
        """Whether no blank stands before the brace, as in `console{hide}`."""
        self.language = word.removeprefix(".") or _first_class(info[self.start + 1 :])

    def complain(self, offset: int, message: str, hint: str = "") -> None:
        path, line, column = self.where
        self.problems.append(Problem(message, hint, path, line, column + offset))

    def read_items(self) -> tuple[list[_Item], int]:
        """Return the attributes, and where the text after them starts."""
        items: list[_Item] = []
        offset = self.skip_blanks(self.start + self.braced)
        while match := _ITEM.match(self.info, offset):
            value = match["double"] if match["double"] is not None else match["single"]
            value = match["bare"] if value is None else value
            items.append(_Item(match["key"] or "", value, match[0], match.start()))
            offset = self.skip_blanks(match.end())
        return items, offset

    def skip_blanks(self, offset: int) -> int:
        """Return where the next text starts that is no blank."""
        match = _SPACE.match(self.info, offset)
        return match.end() if match else offset

    def complain_of_text(self, offset: int) -> None:
        """Complain about the text at `offset`, which is no attribute."""
        quote = _OPEN_QUOTE.match(self.info, offset)
        if quote:
            self.complain(quote.end() - 1, "this quote is not closed", f"Write {quote[1]} at its end.")
        elif offset >= len(self.info):
            self.complain(self.start, "this brace is not closed", "End the line with }.")
        else:
            rest = self.info[offset:].strip()
            self.complain(offset, f"`{rest}` is no attribute", 'Write key=value, key="a value" or a flag.')

    def read_braces(self) -> Options:
        """Read `{...}`, which is the last thing on the line."""
        if self.touches:
            text = self.info[self.start :].strip()
            hint = f"Write {self.language} {text}: as it stands, Python-Markdown takes this line for text."
            self.complain(self.start, "the brace touches the language", hint)
        items, offset = self.read_items()
        if not self.info.startswith("}", offset):
            self.complain_of_text(offset)
        elif rest := self.info[offset + 1 :].strip():
            hint = "Move it inside the braces: as it stands, Python-Markdown takes this line for text."
            self.complain(self.skip_blanks(offset + 1), f"`{rest}` stands after the braces", hint)
        return self.read_options(items)

    def read_options(self, items: Iterable[_Item]) -> Options:
        """Read those of the attributes that are ours."""
        path, line, column = self.where
        own = [item for item in items if not _is_renderers(item.key)]
        offsets = {item.key: item.offset for item in own}

        def where(keys: Keys) -> tuple[str, int, int]:
            return path, line, column + offsets[str(keys[0])]

        values, problems = read(((item.key, item.value) for item in own), READERS, where, kind="attribute")
        self.problems += problems
        return Options(**values)

    def check_bare(self) -> Options:
        """Complain about what may not stand after a language without braces; no option may."""
        items, offset = self.read_items()
        together = self.info[self.start :].translate({ord("{"): None, ord("}"): None}).strip()
        # skip, but not skip="needs a GPU"
        together = re.sub("skip(?!=)", 'skip="the reason"', together)
        spelling = f"Write {self.language} {{{together}}}"
        for item in items:
            if item.key in READERS:
                self.complain(item.offset, f"the attribute `{item.text}` stands without braces", spelling)
                return Options()
        if self.info.startswith("{", offset):
            self.complain(offset, "not all attributes of this fence stand in its braces", spelling)
            return Options()
        if offset < len(self.info):
            self.complain_of_text(offset)
        for item in items:
            if not stands_bare(item.key, item.value):
                why = "Remove it: with it, Python-Markdown takes this line for text, not for a fence."
                self.complain(item.offset, f"`{item.text}` stands after the language", why)
            elif item.text[-1] not in "\"'":
                self.complain(item.offset, f"`{item.text}` has no quotes", f'Write {item.key}="{item.value}".')
        return Options()


def _is_renderers(key: str) -> bool:
    """Whether an attribute is the renderer's: `title`, `.class`, `data-x`."""
    return not key or key in _BARE or key in _RENDERER_ATTRIBUTES or key.startswith("data-")


def stands_bare(key: str, value: str | None) -> bool:
    """Whether superfences takes an attribute that stands without braces; with any other the line is text."""
    allowed = _BARE.get(key)
    return allowed is not None and value is not None and bool(allowed.fullmatch(value))


def parse(info: str, *, languages: Collection[str], path: str, line: int, column: int) -> tuple[str, Options]:
    """Return the language (empty if there is none) and the options of an info string.

    `languages` are those whose fences run: their attributes are held to the rules, those of others only if a
    key of ours stands in their braces. `column` is the 1-based column at which `info` starts on its line.

    Raises PageError with all that is wrong in it.
    """
    string = _InfoString(info, path, line, column)
    if string.start == len(info):  # most have a language alone
        return string.language, Options()
    ours = string.language in languages
    if not ours and not (string.braced and _OWN_KEY.search(_QUOTED.sub("=", info[string.start :]))):
        return string.language, Options()
    options = string.read_braces() if string.braced else string.check_bare()
    if string.problems:
        raise PageError(*string.problems)
    return string.language, options


def offset_of(key: str, info: str) -> int:
    """Return where an attribute starts in an info string that has it."""
    items, _ = _InfoString(info).read_items()
    return next(item.offset for item in items if item.key == key)


@lru_cache
def language_of(info: str) -> str:
    """Return the language of an info string, whatever else is in it; empty if there is none."""
    return _InfoString(info).language


def for_renderer(info: str) -> str:
    """Return what of an info string concerns the renderer, in the spelling that every renderer takes.

    That is its language, and those of the renderer's attributes that need no braces. A file's name becomes the title,
    unless there is one.
    """
    string = _InfoString(info)
    items, _ = string.read_items()
    values = {item.key: item.value for item in items if item.value is not None}
    kept = {"title": values["file"]} if values.get("file") else {}
    kept |= {key: value for key, value in values.items() if stands_bare(key, value)}
    return " ".join([string.language, *(f"{key}={_quoted(value)}" for key, value in kept.items())])


def _quoted(value: str) -> str:
    return f"'{value}'" if '"' in value else f'"{value}"'


@lru_cache
def appearance(info: str) -> Appearance:
    """Return what of an info string is kept for the block of a fence that runs: `{.wide #first title="As root"}`."""
    string = _InfoString(info)
    items, _ = string.read_items()
    values = {item.key: item.value or "" for item in items if item.key}
    marks = [item.text for item in items if not item.key and item.text != f".{string.language}"]
    classes = [*values.get("class", "").split(), *(mark[1:] for mark in marks if mark[0] == ".")]
    ids = [values.get("id", ""), *(mark[1:] for mark in marks if mark[0] == "#")]
    return Appearance(values.get("title", ""), ids[-1], tuple(classes))


def _first_class(braces: str) -> str:
    """Return the language of `{.python ...}`, which superfences reads like `python {...}`."""
    match = _ITEM.match(braces.lstrip())
    return match["mark"][1:] if match and match["mark"] and match["mark"][0] == "." else ""

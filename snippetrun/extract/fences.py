"""Find the fences of a page, with what they stand in. Only this file knows markdown-it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from snippetrun.config import Renderer
from snippetrun.extract.indented_blocks import INDENT, indented_blocks

_LONGEST_TITLE = 2000
_LITERAL_HTML = ("<!--", "<pre", "<script", "<style", "<textarea")


class Kind(Enum):
    """What a fence can stand in."""

    QUOTE = auto()
    LIST = auto()
    ITEM = auto()
    BLOCK = auto()
    """An admonition, a details block or a content tab."""


_KINDS = {
    f"{name}_{end}": kind
    for name, kind in {
        "blockquote": Kind.QUOTE,
        "bullet_list": Kind.LIST,
        "ordered_list": Kind.LIST,
        "list_item": Kind.ITEM,
        "indented_block": Kind.BLOCK,
    }.items()
    for end in ("open", "close")
}
"""By the tokens of markdown-it."""
_TEXT_BEFORE_LIST = frozenset({"paragraph_close", "fence", "blockquote_close"})


@dataclass(frozen=True, slots=True)
class Container:
    """Something that a fence stands in."""

    kind: Kind
    line: int
    """Its first line."""
    column: int
    """Where it starts on that line, from 0; in a block quote counted from behind the `>` and its space."""
    markup: str
    """The character that it opens with; of a block it is the `!` of `!!! note`."""
    hangs: bool
    """Whether it is a list without a blank line between it and text above."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A fence as CommonMark sees it; its content may still be anything."""

    line: int
    """The line of the opening fence, 1-based."""
    end_line: int
    """The line of the closing fence, or the last line if nothing closes it."""
    closed: bool
    info: str
    info_column: int
    """Where the info string starts on its line, 1-based."""
    prefix: str
    """What stands before the opening fence on its line."""
    markup: str
    """The opening fence itself, e.g. three backticks."""
    lines: tuple[str, ...]
    """The content, free of what it stands in."""
    containers: tuple[Container, ...]
    """What it stands in, from the outside in."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What concerns us in a page."""

    fences: tuple[Fence, ...]
    title: str
    """The text of the first heading; empty if there is none."""
    code: frozenset[int]
    """The lines of indented code."""
    hidden: frozenset[int]
    """The lines of comments and of raw HTML that is code."""


@cache
def _blocks(renderer: Renderer) -> MarkdownIt:
    # Deeper than any page, yet far from Python's recursion limit. What stands in a line is no concern of ours.
    blocks = MarkdownIt("commonmark", {"maxNesting": 40}).disable("inline")
    if renderer is not Renderer.COMMONMARK:
        blocks.use(indented_blocks)
    return blocks.use(_text_at_once)


def _text_at_once(md: MarkdownIt) -> None:
    """Teach a parser that a line which begins with a letter opens no block, so that it need not ask each rule."""
    ruler = md.block.ruler
    rules = dict(zip(ruler.get_active_rules(), ruler.getRules(""), strict=True))
    ends = ruler.getRules("paragraph")
    chains = {chain: ruler.getRules(chain) for chain in ("reference", "blockquote", "list")}

    def text(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
        is_text = state.src[state.bMarks[start] + state.tShift[start]].isalpha()
        if silent:  # whether it ends the paragraph above it
            return not is_text and any(rule(state, start, end, silent) for rule in ends)
        if not is_text or state.is_code_block(start):
            return False
        return any(rules[name](state, start, end, silent) for name in ("lheading", "paragraph"))

    for name, rule in rules.items():
        ruler.at(name, rule, {"alt": [chain for chain, others in chains.items() if rule in others]})
    ruler.before("code", "text", text, {"alt": ["paragraph"]})


@cache
def _inline() -> MarkdownIt:
    return MarkdownIt("commonmark")


def read_outline(lines: Sequence[str], renderer: Renderer = Renderer.PYTHON_MARKDOWN) -> Outline:
    """Read the lines of a page; blank ones instead of its front matter keep the numbers right."""
    # Markdown-it would count one line less for a last line of blanks that nothing ends.
    links: dict[str, Any] = {}
    tokens = _blocks(renderer).parse("\n".join(lines) + "\n", links)
    fences: list[Fence] = []
    code: set[int] = set()
    hidden: set[int] = set()
    title = ""
    around: list[Container] = []
    for position, token in enumerate(tokens):
        kind = _KINDS.get(token.type)
        if kind and token.nesting > 0:
            around.append(_container(kind, lines, tokens, position, around))
        elif kind:
            around.pop()
        elif token.type == "fence":
            fences.append(_fence(lines, token, tuple(around)))
        elif token.type == "code_block":
            code.update(_lines_of(token))
        elif token.type == "html_block" and token.content.lstrip().startswith(_LITERAL_HTML):
            hidden.update(_lines_of(token))
        elif token.type == "heading_open":
            title = title or _text(tokens[position + 1].content, links)
    return Outline(tuple(fences), title, frozenset(code), frozenset(hidden))


def _lines_of(token: Token) -> range:
    """Return the lines of a token, from 1."""
    first, after = token.map or (0, 0)
    return range(first + 1, after + 1)


def _container(
    kind: Kind, lines: Sequence[str], tokens: Sequence[Token], position: int, around: Sequence[Container]
) -> Container:
    line = _lines_of(tokens[position])[0]
    quotes = sum(outer.kind is Kind.QUOTE for outer in around)
    # > > - a list in a quote within a quote
    inside = lines[line - 1].expandtabs(INDENT)
    inside = re.sub(rf"^(?: *> ?){{{quotes}}}", "", inside) if quotes else inside
    column = len(inside) - len(inside.lstrip(" "))
    hangs = kind is Kind.LIST and _hangs(lines, tokens, position, around)
    return Container(kind, line, column, tokens[position].markup, hangs)


def _hangs(lines: Sequence[str], tokens: Sequence[Token], position: int, around: Sequence[Container]) -> bool:
    """Whether text stands directly above a list; the text of the item that the list is in does not count."""
    before = tokens[position - 1]
    quotes = sum(outer.kind is Kind.QUOTE for outer in around)
    line = _lines_of(tokens[position])[0]
    if not position or before.type not in _TEXT_BEFORE_LIST or is_blank(lines[line - 2], quotes):
        return False
    opening = tokens[position - 3] if before.type == "paragraph_close" else before
    in_item = bool(around) and around[-1].kind is Kind.ITEM and opening.type == "paragraph_open"
    return not (in_item and _lines_of(opening)[0] == around[-1].line)


def is_blank(line: str, quotes: int) -> bool:
    """Whether a line parts blocks inside that many block quotes."""
    return not line.strip("> \t") and line.count(">") in {0, quotes}


def _fence(lines: Sequence[str], token: Token, containers: tuple[Container, ...]) -> Fence:
    span = _lines_of(token)
    opener = lines[span[0] - 1]
    prefix = opener[: opener.index(token.markup)]
    content = tuple(token.content.split("\n")[:-1])
    return Fence(
        line=span[0],
        end_line=span[-1],
        # A closing fence is the one line that is neither the opener nor content.
        closed=len(content) == len(span) - 2,
        info=token.info,
        info_column=len(prefix) + len(token.markup) + 1,
        prefix=prefix,
        markup=token.markup,
        lines=content,
        containers=containers,
    )


def _text(inline: str, links: dict[str, Any]) -> str:
    [line] = _inline().parseInline(inline[:_LONGEST_TITLE], links)
    text = "".join(child.content or " " * (child.type == "softbreak") for child in line.children or [])
    title, brace, attributes = text.rstrip().rpartition("{")
    # attributes of Python-Markdown's attr_list, such as `{#id}`, are not part of a title
    return (title if brace and attributes.find("}") == len(attributes) - 1 else text).strip()

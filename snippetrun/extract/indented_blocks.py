"""A markdown-it rule for the blocks that Python-Markdown opens with one line and indents by four columns.

    !!! note "Title"        ??? note        ???+ note        === "Tab"        ===! "Tab"        :   definition
        body                    body            body             body             body              body

These are admonitions, Material's details, its content tabs, definitions, and footnotes (`[^1]: text`). CommonMark knows
none of them and would make indented code of a fence in their bodies. The openers are those of
`markdown.extensions.admonition`, `def_list` and `footnotes`, `pymdownx.details` and `pymdownx.tabbed`; as there, an
opener stands at a multiple of four columns, and blank lines never end a body. (The `admon` plugin of mdit-py-plugins
ends it at two blank lines, which would cut a fence that holds two, and takes an opener in column 2, which
Python-Markdown shows as text.)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock

INDENT = 4
"""Columns by which Python-Markdown indents what stands in a block or a list item (its `tab_length`)."""

_OPENERS = tuple(
    re.compile(opener)
    for opener in (
        # !!! note "Title"
        r"!!! ?[\w\-]+(?: +[\w\-]+)*(?: +\".*?\")? *",
        # ???+ note "Title"
        r"\?{3}\+? ?(?:(?:[\w\-]+(?: +[\w\-]+)*?)?(?: +\".*?\")|[\w\-]+(?: +[\w\-]+)*?) *",
        # === "Tab"
        r"={3}(?:\+|\+!|!\+|!)? +\".*?\" *",
        r":[ ]{1,3}[^ ].*",
        r"\[\^[^\]]+\]:.*",
    )
)
_MARKERS = frozenset("!?=:[")
_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}


def indented_blocks(md: MarkdownIt) -> None:
    """Teach a parser the rule; its tokens are `indented_block_open` and `indented_block_close`."""
    md.block.ruler.before("fence", "indented_block", _rule, _INTERRUPTS)


def _is_opener(text: str) -> bool:
    """Whether a line, without its indentation, opens a block."""
    return any(opener.fullmatch(text) for opener in _OPENERS)


def _hangs(state: StateBlock, start: int) -> bool:
    """Whether the line stands directly under the first line of a list item, of whose text it is then a part."""
    margin = state.sCount[start]
    # A million such lines below each other must not look up a million lines each.
    known: dict[tuple[int, int], bool] = state.env.setdefault("hanging", {})
    above, seen, hangs = start, [], False
    while above > 0 and (above, margin) not in known:
        seen.append((above, margin))
        above -= 1
        text = state.src[state.bMarks[above] : state.eMarks[above]]
        if not text.strip():
            break
        if len(text) - len(text.lstrip(" ")) < margin:
            hangs = not _is_opener(text.strip())
            break
    else:
        hangs = known.get((above, margin), False)
    known.update(dict.fromkeys(seen, hangs))
    return hangs


def _rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    """Read a block that opens on line `start`; return whether one does. A `silent` call only asks."""
    first = state.bMarks[start] + state.tShift[start]
    if state.src[first] not in _MARKERS or state.is_code_block(start) or state.sCount[start] % INDENT:
        return False
    # -   :   text, or -   [^1]: text, which is neither a definition nor a footnote behind the marker of a list item
    if state.src[first] in ":[" and state.src[state.bMarks[start] : first].strip():
        return False
    if not _is_opener(state.src[first : state.eMarks[start]]) or _hangs(state, start):
        return False
    if silent:
        return True
    outer = state.blkIndent, state.lineMax, state.parentType
    state.blkIndent = state.sCount[start] + INDENT
    after = start + 1
    while after < end and (state.isEmpty(after) or state.sCount[after] >= state.blkIndent):
        after += 1
    # No line past the body may continue one of its paragraphs.
    state.lineMax = after
    state.parentType = "indented_block"
    block = state.push("indented_block_open", "div", 1)
    block.map, block.markup = [start, after], state.src[first]
    state.md.block.tokenize(state, start + 1, after)
    state.push("indented_block_close", "div", -1)
    state.blkIndent, state.lineMax, state.parentType = outer
    state.line = after
    return True

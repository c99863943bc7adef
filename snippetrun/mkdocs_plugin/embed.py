"""Puts what came out where the author's fences stand, without touching anything else of the page."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

from snippetrun import extract, render
from snippetrun.errors import PageError, Problem
from snippetrun.extract import info_string
from snippetrun.extract.lines import normalised
from snippetrun.model import Result, Snippet
from snippetrun.render.ansi import Spans

FENCE = "snippetrun"
"""The private language of the fences that stand in for the author's: the renderer asks us for their HTML."""


def embed(  # noqa: PLR0913 - a page, what became of it, and what site and build say
    markdown: str,
    result: Result,
    languages: Collection[str],
    source: str = "",
    word: str = "",
    *,
    varies: Sequence[Sequence[Spans]] = (),
) -> tuple[str, dict[str, str]]:
    """Return the page's Markdown with our fences, and the HTML of each by the key in it.

    `markdown` is the page as the renderer gets it: without front matter, and as other plugins have left it. So fences
    are found again by what they say, not by where they stood, unless it is just the end of `source`, the text that the
    result was read from. Each key begins with `word`: one that no page can know, or a page could have a fence of ours.
    `varies` is as `runner.varying` has it. Raises PageError for a fence that has changed since it ran.
    """
    ran: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, snippet in enumerate(result.page.snippets):
        ran[snippet.language, snippet.content].append(index)
    edits: list[extract.Edit] = []
    blocks: dict[str, str] = {}
    lines = normalised(markdown)
    for shown in _shown(markdown, result, languages, source):
        waiting = ran[shown.language, shown.content]
        if not waiting:
            hint = "Another plugin of the site changed it. Let that one leave the page's console fences alone."
            raise PageError(Problem("a fence is not what it was when it ran", hint, result.page.path))
        index = waiting.pop(0)
        key = f"{word}{index}"
        if shown.options.hide:
            edits.append(extract.Edit(shown.line, shown.end_line, ()))
        elif not shown.commands:
            edits.append(extract.Edit(shown.line, shown.line, (_opener(lines[shown.line - 1]),)))
        else:
            edits.append(extract.Edit(shown.line, shown.end_line, _fence(shown, key)))
            blocks[key] = _block(result, index, varies)
    return extract.splice(markdown, edits), blocks


def _shown(markdown: str, result: Result, languages: Collection[str], source: str) -> tuple[Snippet, ...]:
    """Return the page's snippets with the lines that they have in its Markdown."""
    whole = "\n".join(normalised(source))
    if markdown and whole.endswith(markdown.rstrip("\n")):
        above = whole.count("\n", 0, len(whole) - len(markdown.rstrip("\n")))
        return tuple(
            replace(snippet, line=snippet.line - above, end_line=snippet.end_line - above)
            for snippet in result.page.snippets
        )
    return extract.read(result.page.path, markdown, languages=languages, options=result.page.options).snippets


def _fence(shown: Snippet, key: str) -> tuple[str, ...]:
    return f"{shown.prefix}```{FENCE}", f"{shown.prefix}{key}", f"{shown.prefix}```"


def _opener(line: str) -> str:
    """Return the opening fence of a file without what is ours in it: its content is highlighted by the renderer."""
    match = re.match(r"(.*?)(`{3,}|~{3,})(.*)", line)
    return f"{match[1]}{match[2]}{info_string.for_renderer(match[3])}" if match else line


def _block(result: Result, index: int, varies: Sequence[Sequence[Spans]]) -> str:
    recorded = result.recording.snippets if result.recording else ()
    return render.snippet(
        result.page.snippets[index],
        recorded[index] if index < len(recorded) else (),
        result.verdicts[index],
        varies[index] if index < len(varies) else (),
    )

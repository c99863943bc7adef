"""What an example is there to show, and would not if other output took its place."""

from __future__ import annotations

import re
from collections.abc import Collection

from snippetrun.config import Renderer
from snippetrun.extract.fences import read_outline
from snippetrun.extract.lines import normalised
from snippetrun.model import Page
from snippetrun.support.patterns import PLACEHOLDER
from snippetrun.tasks import used_images

# `paused`, **unhealthy**, __exited__
_QUOTED = re.compile(r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)(?!`)|\*\*(?P<bold>.+?)\*\*|__(?P<strong>.+?)__")
# CONTAINER ID   IMAGE     COMMAND
_HEADS = re.compile(r"[A-Z]{2,}(?: [A-Z]+)*\s{2,}\S")
# the 0 of Exited (0) 3 seconds ago, and the 137 of exited with code 137
_STATUS = re.compile(r"(?i)\bexit(?:ed)?\b[^\d\n]{1,20}(\d{1,3})\b")
# Error response from daemon: ..., docker: Error ..., ERROR: failed to solve
_FAILURE = re.compile(r"^(?:[\w./-]+: )?(?:error|fatal)\b[^:\n]{0,40}:", re.IGNORECASE | re.MULTILINE)
# Deleted Containers:, above a list of them
_LABEL = re.compile(r"^[A-Z][\w ]{2,40}:$", re.MULTILINE)
# echo $?, docker inspect --format '{{.State.ExitCode}}'
_ASKS = re.compile(r"\$\?|ExitCode")
# each of 0, 137
_NUMBER = re.compile(r"\b\d{1,3}\b")
# the end of a paragraph
_BREAK = re.compile(r"\n\s*\n")


def states(text: str, page: Page, renderer: Renderer) -> frozenset[str]:
    """Return the words that tell of a state: those in backticks or bold in a page's prose, and not of its commands.

    `run`, `--rm`, `hello-world` and `bash` are what somebody types, there or in a command that the prose quotes.
    """
    words = _quoted(text, renderer)
    typed = [command.text for snippet in page.snippets for command in snippet.commands]
    return words.difference(*(used_images.vocabulary(command) for command in [*typed, *words]))


def _quoted(text: str, renderer: Renderer) -> frozenset[str]:
    lines = normalised(text)
    outline = read_outline(lines, renderer)
    fenced = {line for fence in outline.fences for line in range(fence.line, fence.end_line + 1)}
    shown = fenced | outline.code | outline.hidden
    prose = "\n".join("" if number in shown else line for number, line in enumerate(lines, 1))
    paragraphs = (" ".join(paragraph.split()) for paragraph in _BREAK.split(prose))
    matches = (match for paragraph in paragraphs for match in _QUOTED.finditer(paragraph))
    return frozenset((match["code"] or match["bold"] or match["strong"]).strip() for match in matches) - {""}


def lost_state(command: str, old: str, new: str, words: Collection[str]) -> str:
    """Return in words what is lost where output takes the place of other output; "" if nothing is.

    That is whether anything comes out at all, or a failure, each list with a label, each exit status that it tells
    of, and each word of `words`.
    """
    old, new = _body(old), _body(new)
    if bool(old.strip()) is not bool(new.strip()):
        return "nothing comes out any more" if old.strip() else "something comes out now, and nothing did"
    if statuses := sorted(_statuses(command, old) - _statuses(command, new)):
        return f"it tells of exit status {statuses[0]} no more"
    if _FAILURE.search(old) and not _FAILURE.search(new):
        return "it shows no failure any more"
    if labels := set(_LABEL.findall(old)) - set(_LABEL.findall(new)):
        return f"`{min(labels)}` comes out no more, with what stands below it"
    old = PLACEHOLDER.sub("", old)  # a name is the page's own
    gone = [f"`{word}`" for word in sorted(words) if _has(old, word) and not _has(new, word)]
    return f"{', '.join(gone)} comes out no more, and the page speaks of it" if gone else ""


def _body(output: str) -> str:
    """Return output without the heads of a table's columns, which come out for an empty table too."""
    head, _, rows = output.partition("\n")
    return rows if _HEADS.match(head) else output


def _statuses(command: str, output: str) -> set[str]:
    return set((_NUMBER if _ASKS.search(command) else _STATUS).findall(output))


def _has(text: str, word: str) -> bool:
    """Tell whether a text has a word; a number alone has to be a line, or in brackets, as ages are full of numbers."""
    pattern = rf"^\s*{word}\s*$|\({word}\)" if word.isdecimal() else rf"(?<!\w){re.escape(word)}(?!\w)"
    return re.search(pattern, text, re.MULTILINE) is not None

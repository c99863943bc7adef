"""What was expected and what came out, under each other, with carets under the words that differ.

expected: Hello from Docker!
                     ^^^^^^^
came out: Hello from Podman!
                     ^^^^^^^
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from snippetrun.support.patterns import Names

Span = tuple[int, int]
"""From one index of a text to another; an empty one is where something is missing."""

EXPECTED, CAME_OUT = "expected: ", "came out: "
_LONGEST = 500
"""Characters of a line in which words are looked for; reports cut what is longer."""


def both(expected: str, got: str, names: Names | None) -> str:
    """Return the two lines, with carets under the words that do not match those of the other, unless names is None."""
    is_short = max(len(expected), len(got)) <= _LONGEST
    spans: tuple[Sequence[Span], ...] = _differing(expected, got, names) if names and is_short else ((), ())
    lines = []
    for label, text, found in zip((EXPECTED, CAME_OUT), (expected, got), spans, strict=True):
        lines += [label + text, *([" " * len(label) + carets(text, found)] if found else [])]
    return "\n".join(lines)


def carets(text: str, spans: Iterable[Span]) -> str:
    """Return the line that marks spans of the one above it: a wide character gets two carets, and tabs stay."""
    marked = {index for start, end in spans for index in range(start, max(end, start + 1))}
    return "".join(
        "\t" if character == "\t" else ("^" if index in marked else " ") * width(character)
        for index, character in enumerate(f"{text} ")
    ).rstrip()


def width(character: str) -> int:
    """Return how many columns of a terminal a character takes."""
    from wcwidth import wcwidth  # a build in which nothing differs must not pay for it

    return 1 if character == "\t" else max(wcwidth(character), 0)


def _differing(expected: str, got: str, names: Names) -> tuple[list[Span], list[Span]]:
    """Return the spans of two lines whose words differ; a name differs from no word that it may stand for."""
    old, new = _words(expected), _words(got)
    spans: tuple[list[Span], list[Span]] = ([], [])
    for _, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        is_paired = b - a == d - c
        parts = [(a + n, a + n + 1, c + n, c + n + 1) for n in range(b - a)] if is_paired else [(a, b, c, d)]
        for start, end, other_start, other_end in parts:
            written, shown = "".join(old[start:end]), "".join(new[other_start:other_end])
            is_same = written == shown or (written.strip() and Names(dict(names.words)).bind(written, shown))
            if not is_same:
                spans[0].append(_span(old, start, end))
                spans[1].append(_span(new, other_start, other_end))
    return spans


def _words(line: str) -> list[str]:
    # "  a <b>" is two blanks, a word, a blank and a word
    return re.findall(r"\s+|\S+", line)


def _span(words: Sequence[str], start: int, end: int) -> Span:
    """Return where some of the words of a line stand in it."""
    return len("".join(words[:start])), len("".join(words[:end]))

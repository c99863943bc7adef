"""What a page says, in a few digits: to tell what has changed since it was recorded, and where."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import takewhile

from snippetrun.model import Command, Options, Page, Snippet

_DIGITS = 12
_JSON = json.JSONEncoder(sort_keys=True)
_OPTIONS = tuple(field.name for field in fields(Options) if field.name != "hide")  # hiding changes nothing that runs


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One snippet, wherever on the page it stands."""

    snippet: str
    """Of its options and of the file that it writes."""
    commands: tuple[str, ...]
    """Of each command, with what is written under it."""


def fingerprints(page: Page) -> tuple[Fingerprint, ...]:
    """Return a fingerprint for each snippet of the page, in order."""
    return tuple(Fingerprint(_snippet(snippet), tuple(map(_command, snippet.commands))) for snippet in page.snippets)


def unchanged(now: Sequence[Fingerprint], then: Sequence[Fingerprint]) -> tuple[int, int]:
    """Return how many snippets in a row are what they were, and how many commands of the next one still are."""
    for number, (new, old) in enumerate(zip(now, then, strict=False)):
        if new != old:
            same = takewhile(lambda pair: pair[0] == pair[1], zip(new.commands, old.commands, strict=False))
            return number, len(list(same)) if new.snippet == old.snippet else 0
    return min(len(now), len(then)), 0


def digest(*parts: object) -> str:
    """Return the hex SHA-256 of plain data; raise TypeError for anything else, whose `str` may change meanwhile."""
    return hashlib.sha256(_JSON.encode(parts).encode()).hexdigest()


def _snippet(snippet: Snippet) -> str:
    options = {name: getattr(snippet.options, name) for name in _OPTIONS}
    return digest(options, snippet.content if snippet.options.file else "")[:_DIGITS]


def _command(command: Command) -> str:
    return digest(command.text, command.status, command.written)[:_DIGITS]

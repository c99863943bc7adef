"""The attributes of a fence: their names, and what reads the value of each; it raises ValueError with what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from snippetrun.model import Match
from snippetrun.support import units

_HIGHEST_STATUS = 255
_NUL = "\ufffd"
"""What Markdown makes of a NUL."""


def _skip(text: str) -> str:
    if not text.strip():
        raise ValueError('skip needs a reason that a reader can see: skip="needs a GPU"')
    return text.strip()


def _exit(text: str) -> int:
    if not re.fullmatch("[0-9]{1,3}", text) or int(text) > _HIGHEST_STATUS:
        raise ValueError(f"exit takes an exit status from 0 to {_HIGHEST_STATUS}, not `{text}`")
    return int(text)


def _file(text: str) -> str:
    path = PurePosixPath(text)
    wrong = {
        "is empty": not text.strip(),
        "holds a control character": not text.isprintable() or _NUL in text,
        "holds a backslash; separate folders by `/`": "\\" in text,
        "is absolute": path.is_absolute(),
        "begins with a -": text.startswith("-"),
        "leads out of the page's folder": ".." in path.parts,
        "names a folder": text.endswith("/") or path == PurePosixPath(),
    }
    for what, holds in wrong.items():
        if holds:
            raise ValueError(f"file takes a path inside the page's folder, such as app/Dockerfile; `{text}` {what}")
    return str(path)


def _term(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][\w-]{0,30}", text):
        raise ValueError(f"term takes the name of a terminal, such as term=server, not `{text}`")
    return text


def _until(text: str) -> str:
    if text and (not text.strip() or not text.isprintable()):
        raise ValueError(
            'until takes a text that the command prints: until="ready for connections"; until="" is silence'
        )
    return text


def _engine(text: str) -> str:
    if text != "fresh":
        raise ValueError(f"engine takes fresh, for a new engine from here on, not `{text}`")
    return text


def read_match(text: str) -> Match:
    """Return how output is matched; raise ValueError for a word that says nothing about it."""
    if text not in set(Match):
        raise ValueError(f"match takes {', '.join(Match)}, not `{text}`")
    return Match(text)


READERS: Mapping[str, Callable[[str], str | int | float]] = {
    "skip": _skip,
    "timeout": units.duration,
    "exit": _exit,
    "file": _file,
    "term": _term,
    "until": _until,
    "engine": _engine,
    "retry": units.duration,
    "match": read_match,
}
"""What reads the value of each key."""
FLAGS = frozenset({"hide"})
"""Keys without a value."""
KEYS = (*READERS, *sorted(FLAGS))
"""The keys that are ours."""

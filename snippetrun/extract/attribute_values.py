"""The attributes of a fence: their names, and what reads the value of each; it raises ValueError with what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from snippetrun.config.options import Reader
from snippetrun.config.values import one_of, reason
from snippetrun.model import Match
from snippetrun.support import units

_HIGHEST_STATUS = 255
_NUL = "\ufffd"
"""What Markdown makes of a NUL."""


def _exit(text: str) -> int:
    # 0, 255
    if not re.fullmatch("[0-9]{1,3}", text) or int(text) > _HIGHEST_STATUS:
        raise ValueError(f"expects an exit status from 0 to {_HIGHEST_STATUS}, not `{text}`")
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
            raise ValueError(f"expects a path inside the page's folder, e.g. app/Dockerfile; `{text}` {what}")
    return str(path)


def _term(text: str) -> str:
    # server, web-2
    if not re.fullmatch(r"[A-Za-z][\w-]{0,30}", text):
        raise ValueError(f"expects the name of a terminal, e.g. server, not `{text}`")
    return text


def _until(text: str) -> str:
    if text and (not text.strip() or not text.isprintable()):
        raise ValueError('expects a text that the command prints, e.g. "ready for connections", or "" for silence')
    return text


def _engine(text: str) -> str:
    if text != "fresh":
        raise ValueError(f"expects fresh, for a new engine from here on, not `{text}`")
    return text


def _hide(text: str) -> bool:
    if text:
        raise ValueError("takes no value")
    return True


READERS: Mapping[str, Reader] = {
    "skip": reason,
    "timeout": units.duration,
    "exit": _exit,
    "file": _file,
    "term": _term,
    "until": _until,
    "engine": _engine,
    "retry": units.duration,
    "match": one_of(Match),
    "hide": _hide,
}
"""What reads the value of each of our attributes; it is "" for one that stands alone, such as `hide`."""

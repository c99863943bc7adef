"""Readers of single values: what is written -> what we use; each raises ValueError with what is wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeGuard, TypeVar

from snippetrun.config.options import parts
from snippetrun.config.settings import LOCAL
from snippetrun.support import masks, regex, units
from snippetrun.support.limits import Limits

# REGISTRY_TOKEN
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# dask://scheduler:8786, dask://[fd00::1]:8786
_CLUSTER = re.compile(r"dask://(?:[\w.-]+|\[[0-9a-f:.]+\]):\d{1,5}", re.ASCII)
_Word = TypeVar("_Word", bound=StrEnum)


def one_of(words: type[_Word]) -> Callable[[object], _Word]:
    """Return a reader for the words of an enumeration, such as `none` and `internet`."""

    def read(value: object) -> _Word:
        if not isinstance(value, str) or value not in set(words):
            raise ValueError(f"expects one of {', '.join(words)}")
        return words(value)

    return read


def count(most: float, what: str) -> Callable[[object], int]:
    """Return a reader for a number of things: 1 or more, and at most `most`."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise ValueError(f"expects a number of {what}")
        return value

    return read


def flag(value: object) -> bool:
    """Read `true` or `false`."""
    if not isinstance(value, bool):
        raise ValueError("expects true or false")
    return value


def text(value: object) -> str:
    """Read a text; a number need not be quoted."""
    if not isinstance(value, str | int | float):
        raise ValueError("expects a text")
    return str(value)


def executor(value: object) -> str:
    """Read where pages run: `local`, or the scheduler of a Dask cluster."""
    if value != LOCAL and not (isinstance(value, str) and _CLUSTER.fullmatch(value)):
        raise ValueError(f"expects {LOCAL}, or a Dask scheduler, e.g. dask://scheduler:8786")
    return str(value)


def reason(value: object) -> str:
    """Read why something does not run: `skip: needs a GPU`."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError('expects a reason that a reader can see, e.g. "needs a GPU"')
    return value.strip()


def is_path(value: object) -> TypeGuard[str]:
    """Tell whether a value can be the path of a file."""
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def folder(value: object) -> str:
    """Read the path of a folder."""
    if not is_path(value):
        raise ValueError("expects a folder")
    return value


def regexes(value: object) -> tuple[str, ...]:
    """Read regular expressions that find something: `['session [0-9a-f]+']`."""
    if not isinstance(value, list):
        raise ValueError("expects a list of regular expressions, e.g. ['session [0-9a-f]+']")
    return tuple(parts(enumerate(value), dict.fromkeys(range(len(value)), _regex)).values())


def _regex(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.40} is no text; quote it")
    try:
        compiled = regex.compile(value)
    except regex.PatternError as error:
        raise ValueError(f"{value!r} is no regular expression: {error} {regex.LACKS}") from None
    if compiled.search(""):
        raise ValueError(f"{value!r} also matches where nothing is")
    return value


def names(value: object) -> tuple[str, ...]:
    """Read the images that a page has: `[nginx, busybox]`."""
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise ValueError("expects a list of image names, e.g. [nginx, busybox]")
    return tuple(value)


def languages(value: object, least: int = 1) -> tuple[str, ...]:
    """Read languages of fences that run, of which there are some: `[console, ""]`, `[.term1]`; the dot is no part."""
    if not isinstance(value, list) or len(value) < least or not all(isinstance(word, str) for word in value):
        raise ValueError("expects a list of fence languages, e.g. [console, shell-session]")
    return tuple(word.removeprefix(".") for word in value)


def prompts(value: object) -> tuple[str, ...]:
    """Read what stands before commands: `["$", "#"]`."""
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(word, str) and _is_prompt(word) for word in value)
    ):
        raise ValueError('expects a list of prompts without the blank at their end, e.g. ["$", "#"]')
    return tuple(value)


def _is_prompt(word: str) -> bool:
    return bool(word) and word.isprintable() and word.strip() == word and word not in {">", "?"}


def secrets(value: object) -> tuple[str, ...]:
    """Read names of environment variables whose values can be masked: `[REGISTRY_TOKEN]`."""
    if not isinstance(value, list) or not all(isinstance(name, str) and _VARIABLE.fullmatch(name) for name in value):
        raise ValueError("expects a list of names of environment variables, e.g. [REGISTRY_TOKEN]")
    for name in value:
        if 0 < len(os.environ.get(name, "").strip()) < masks.SHORTEST:
            raise ValueError(f"the value of {name} is shorter than {masks.SHORTEST} characters, and cannot be masked")
    return tuple(value)


def limits(value: object) -> Limits:
    """Read what a page may take: `{memory: 2GB, time: 15m}`."""
    return replace(Limits(), **some_limits(value))


def some_limits(value: object) -> dict[str, Any]:
    """Read the same as the fields of `Limits` that are named."""
    if not isinstance(value, Mapping):
        raise ValueError(f"expects some of {', '.join(_LIMITS)}, e.g. {{memory: 2GB, time: 15m}}")
    return parts(value.items(), _LIMITS)


def _at_least(least: float, number: Callable[[object], float]) -> Callable[[object], float]:
    """Return a reader for a number; less than `least` is refused, as no page could do with it."""

    def read(value: object) -> float:
        amount = number(value)
        if not least <= amount < 1e15:
            raise ValueError(f"{value!r} is less than any page needs, which is {least}, or more than there can be")
        return amount

    return read


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no whole number")
    return value


def _amount(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no number")
    return float(value)


_LIMITS: dict[str, Callable[[object], float]] = {
    "memory": _at_least(200_000_000, units.size),
    "cpus": _at_least(0.1, _amount),
    "processes": _at_least(100, _whole),
    "disk": _at_least(200_000_000, units.size),
    "files": _at_least(10_000, _whole),
    "time": _at_least(1, units.duration),
}

"""Readers of single values: what YAML has -> what we use; each raises ValueError with what is wrong."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from snippetrun.config.settings import MOST_RUNS
from snippetrun.model import Match, Mode, Network
from snippetrun.support import masks, units
from snippetrun.support.limits import Limits

# REGISTRY_TOKEN
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def is_path(value: object) -> bool:
    """Tell whether a value can be the path of a file."""
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def unknown(key: object, known: Sequence[str]) -> str:
    """Return what to say about a key that does not exist."""
    near = difflib.get_close_matches(str(key), known, 1)
    return (
        f"there is no such key; did you mean {near[0]}?"
        if near
        else f"there is no such key; there are {', '.join(known)}"
    )


def limits(value: Any) -> Limits:  # noqa: ANN401 - from YAML
    """Read what a page may take: `{memory: 2GB, time: 15m}`."""
    return replace(Limits(), **limits_named(value))  # type: ignore[arg-type] # each reader returns its field's type


def limits_named(value: Any) -> dict[str, float]:  # noqa: ANN401 - from YAML
    """Read the same as the fields of `Limits` that are named."""
    if not isinstance(value, Mapping):
        raise ValueError(f"expects some of {', '.join(_LIMITS)}, e.g. {{memory: 2GB, time: 15m}}")
    found = {}
    for key, entry in value.items():
        if key not in _LIMITS:
            raise ValueError(f"{key}: {unknown(key, [*_LIMITS])}")
        try:
            found[key] = _LIMITS[key](entry)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
    return found


def _at_least(least: float, whole: Callable[[Any], float]) -> Callable[[Any], float]:
    """Return a reader for a number; less than `least` is refused, as no page could do with it."""

    def read(value: Any) -> float:  # noqa: ANN401 - from YAML
        number = whole(value)
        if not least <= number < 1e15:
            raise ValueError(f"{value!r} is less than any page needs, which is {least}, or more than there can be")
        return number

    return read


def _whole(value: Any) -> int:  # noqa: ANN401 - from YAML
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no whole number")
    return value


def _amount(value: Any) -> float:  # noqa: ANN401 - from YAML
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no number")
    return float(value)


_LIMITS: dict[str, Callable[[Any], float]] = {
    "memory": _at_least(200_000_000, units.size),
    "cpus": _at_least(0.1, _amount),
    "processes": _at_least(100, _whole),
    "disk": _at_least(200_000_000, units.size),
    "files": _at_least(10_000, _whole),
    "time": _at_least(1, units.duration),
}


def network(value: Any) -> Network:  # noqa: ANN401 - from YAML
    """Read `none` or `internet`."""
    if not isinstance(value, str) or value not in set(Network):
        raise ValueError(f"expects one of {', '.join(Network)}")
    return Network(value)


def languages(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - from YAML
    """Read the languages of fences that run: `[console, shell-session]`."""
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise ValueError("expects a list of fence languages, e.g. [console, shell-session]")
    return tuple(value)


def jobs(value: Any) -> int:  # noqa: ANN401 - from YAML
    """Read how many pages run at a time."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("expects a number of pages at a time, 1 or more")
    return value


def runs(value: Any) -> int:  # noqa: ANN401 - from YAML
    """Read from how many runs pages are recorded."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_RUNS:
        raise ValueError(f"expects a number of runs that pages are recorded from, 1 to {MOST_RUNS}")
    return value


def match(value: Any) -> Match:  # noqa: ANN401 - from YAML
    """Read `pattern`, `exact`, `regex` or `none`."""
    if not isinstance(value, str) or value not in set(Match):
        raise ValueError(f"expects one of {', '.join(Match)}")
    return Match(value)


def mode(value: Any) -> Mode:  # noqa: ANN401 - from YAML
    """Read `auto`, `run` or `replay`."""
    if not isinstance(value, str) or value not in set(Mode):
        raise ValueError(f"expects one of {', '.join(Mode)}")
    return Mode(value)


def recordings(value: Any) -> str:  # noqa: ANN401 - from YAML
    """Read a folder below that of mkdocs.yml, or `false`, which is ""."""
    if value is False:
        return ""
    if not is_path(value) or Path(value).is_absolute() or ".." in Path(value).parts:
        raise ValueError("expects a folder below that of mkdocs.yml, or false")
    return str(value)


def secrets(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - from YAML
    """Read names of environment variables whose values can be masked."""
    if not isinstance(value, list) or not all(isinstance(name, str) and _VARIABLE.fullmatch(name) for name in value):
        raise ValueError("expects a list of names of environment variables, e.g. [REGISTRY_TOKEN]")
    for name in value:
        if 0 < len(os.environ.get(name, "").strip()) < masks.SHORTEST:
            raise ValueError(f"the value of {name} is shorter than {masks.SHORTEST} characters, and cannot be masked")
    return tuple(value)

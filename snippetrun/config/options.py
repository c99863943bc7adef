"""Options, wherever they are written: keys and values -> values that we use, and all that is wrong with them.

    timeout: 60s        in mkdocs.yml, or in a page's front matter
    {timeout=60s}       in the braces of a fence

Each key has a reader in a table. A reader takes one value and raises ValueError with what is wrong with it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from snippetrun.errors import Problem

Keys = Sequence[str | int]
"""What leads to a value: `["limits", "memory"]`, or `["varies", 0]` for the first of a list."""
Where = Callable[[Keys], tuple[str, int, int]]
"""Where a value stands: its file, line and column; 0 for what is unknown."""
Reader = Callable[[Any], Any]
"""What turns one value into what we use."""

_GONE = {"stable": "output is no longer replaced; write what may differ from run to run: varies: ['session [0-9a-f]+']"}
"""What to say about options of earlier versions."""


@dataclass(frozen=True, slots=True)
class Unset:
    """The value of `!ENV NAME` where the variable says nothing."""

    name: str

    def __bool__(self) -> bool:
        return False  # as the null that it is for MkDocs


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a value, and the keys that lead to it from the one that is being read."""

    message: str
    hint: str = ""
    keys: tuple[str | int, ...] = ()


class FaultError(ValueError):
    """A value is wrong in several ways, or has parts that are."""

    def __init__(self, *faults: Fault) -> None:
        """Hold the faults."""
        super().__init__(*faults)
        self.faults = faults


def read(
    pairs: Iterable[tuple[Any, Any]], readers: Mapping[Any, Reader], where: Where, kind: str = "key"
) -> tuple[dict[str, Any], list[Problem]]:
    """Read keys and values; return the values that could be read, and what is wrong with the others."""
    values, faults = _read(pairs, readers, kind)
    return values, [_problem(fault, where) for fault in faults]


def parts(pairs: Iterable[tuple[Any, Any]], readers: Mapping[Any, Reader]) -> dict[Any, Any]:
    """Read the parts of a value, as its reader does; raise FaultError with all that is wrong with them."""
    values, faults = _read(pairs, readers, "key")
    if faults:
        raise FaultError(*faults)
    return values


def nearest(word: str, known: Collection[str]) -> str:
    """Return a hint that names the known word nearest to `word`; "" if none is near."""
    near = difflib.get_close_matches(word, known, 1)
    return f"Did you mean {near[0]}?" if near else ""


def _read(
    pairs: Iterable[tuple[Any, Any]], readers: Mapping[Any, Reader], kind: str
) -> tuple[dict[Any, Any], list[Fault]]:
    values: dict[Any, Any] = {}
    faults: list[Fault] = []
    keys: set[Any] = set()
    for key, value in pairs:
        try:
            if key in keys:
                raise FaultError(Fault("is written twice", "Leave one of them."))
            keys.add(key)
            if key not in readers:
                hint = nearest(str(key), readers) or f"Known: {', '.join(readers)}."
                raise FaultError(Fault(_GONE[key]) if key in _GONE else Fault(f"there is no such {kind}", hint))
            if isinstance(value, Unset):
                raise ValueError(f"the environment variable {value.name} is not set, or empty")
            values[key] = readers[key]("" if value is None else value)
        except FaultError as error:
            faults += [replace(fault, keys=(key, *fault.keys)) for fault in error.faults]
        except ValueError as error:
            faults.append(Fault(str(error), keys=(key,)))
    return values, faults


def _problem(fault: Fault, where: Where) -> Problem:
    names = [str(key) for key in fault.keys if not isinstance(key, int)]
    return Problem(": ".join([*names, fault.message]), fault.hint, *where(fault.keys))

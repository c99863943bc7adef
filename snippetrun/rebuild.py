"""Plain data turned back into the dataclasses that it was made of, each value checked on the way."""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints


class UnfitError(ValueError):
    """The data is not what was expected; the message says where and why, in words that follow a file's name."""


def rebuild(kind: Any, data: object, at: str = "") -> Any:  # noqa: ANN401 - as many types as there are fields
    """Return `data` as a value of `kind`; raise UnfitError, with the keys that lead `at` it, if it is none.

    A kind is a dataclass, a StrEnum, str, int, float or bool, a tuple of one of these, or any of them `| None`. Keys
    that a dataclass does not know are left out, as a newer version may have written them.
    """
    if get_origin(kind) is UnionType:
        [inner] = [each for each in get_args(kind) if each is not NoneType]
        return None if data is None else rebuild(inner, data, at)
    if get_origin(kind) is tuple:
        items = _checked(list, data, at)
        return tuple(rebuild(get_args(kind)[0], item, f"{at}[{index}]") for index, item in enumerate(items))
    if dataclasses.is_dataclass(kind):
        return _fields(kind, _checked(dict, data, at), at)
    if issubclass(kind, StrEnum):
        if not isinstance(data, str) or data not in set(kind):
            raise UnfitError(f"has an unknown word at {at}")
        return kind(data)
    return _checked(kind, data, at)


def _fields(kind: Any, data: dict[str, Any], at: str) -> Any:  # noqa: ANN401 - as above
    hints = get_type_hints(kind)
    found = {}
    for field in dataclasses.fields(kind):
        here = f"{at}.{field.name}".lstrip(".")
        if field.name in data:
            found[field.name] = rebuild(hints[field.name], data[field.name], here)
        elif field.default is field.default_factory is dataclasses.MISSING:
            raise UnfitError(f"has no {here}")
    return kind(**found)


def _checked(kind: Any, data: Any, at: str) -> Any:  # noqa: ANN401 - as above
    fits = isinstance(data, int | float if kind is float else kind)
    if not fits or (isinstance(data, bool) and kind is not bool):
        raise UnfitError(f"has no {kind.__name__} at {at}")
    return data

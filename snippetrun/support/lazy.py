"""Names of a package that it imports when somebody asks for them: a build that only replays uses few of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazily(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package; `modules` has the names of each module, with blanks between them."""
    homes = {name: module for module, names in modules.items() for name in names.split()}

    def of(name: str) -> Any:  # noqa: ANN401 - any name of the package
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return of

"""Who may do what to which repository."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

OFFICIAL = "library"
"""The namespace of the official images, in which nobody here has an account."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody wants to do to one thing."""

    type: str
    """`repository`; there is nothing else here."""
    name: str
    """In full, e.g. `library/debian`."""
    actions: tuple[str, ...]
    """Of `pull`, `push`, `delete` and `*`."""


def scopes(values: Iterable[str]) -> Iterator[Scope]:
    """Read `scope` parameters, each with scopes such as `repository:alice/app:pull,push` between spaces."""
    for value in values:
        for text in value.split():
            kind, _, rest = text.partition(":")
            name, _, actions = rest.rpartition(":")
            if name:
                yield Scope(kind, name, tuple(actions.split(",")))


def granted(scope: Scope, user: str, exists: Callable[[str], bool]) -> Scope:
    """Return as much of a scope as the user may do; an empty `user` is somebody who has not logged in.

    `exists` tells whether there is a repository of that name. One that does not exist is not even pulled, so that
    nobody learns what is somebody's secret; the first push makes it.
    """
    namespace, _, name = scope.name.partition("/")
    may = set()
    if scope.type == "repository":
        if user and namespace == user and name and "/" not in name and "push" in scope.actions:
            may = {"pull", "push"}
        elif exists(scope.name):
            may = {"pull"}
    return Scope(scope.type, scope.name, tuple(action for action in scope.actions if action in may))

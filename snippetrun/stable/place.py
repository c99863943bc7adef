"""Where on a page a value turns up first: what it becomes is made of that, so that it is the same in every build."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Place:
    """One command of a page while its output is made stable.

    What stands elsewhere on the page makes no difference here: a page that grows keeps its values.
    """

    page: str
    number: int
    """Which of the page's commands it is, from 0."""
    command: str
    """As its author wrote it."""
    turn: int
    """How many commands before it on the page say the same."""
    _seen: Counter[str] = field(default_factory=Counter)

    def count(self, what: str) -> int:
        """Return how often this has been seen here before."""
        self._seen[what] += 1
        return self._seen[what] - 1

    def next(self, kind: str) -> tuple[object, ...]:
        """Return words for a new value of a kind, which no other value on any page gets."""
        return self.words(kind, self.count(f"new {kind}"))

    def words(self, *more: object) -> tuple[object, ...]:
        """Return words that stand for this command, and more."""
        return (self.page, self.command, self.turn, *more)

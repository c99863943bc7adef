"""What recordings newly say, without what varies from run to run: as data, and as text in the form of a unified diff.

    News -> ChangedPage -> ChangedCommand -> Difference

Its fields are the keys of the JSON, which docs/reference/json.md describes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from snippetrun.model import Difference
from snippetrun.support.neutralise import plain


class Change(StrEnum):
    """What has become of a page, or of a command."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class ChangedCommand:
    """A command that is not what it was."""

    change: Change
    command: str
    """As it was typed."""
    ended_before: str | None
    """How it ended, in words: `exit status 0`; None for one that is new."""
    ended: str | None
    """None for one that is gone."""
    differences: tuple[Difference, ...]
    """Where its output differs; of one that is new or gone the whole output."""


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """A page whose recording says something new."""

    path: str
    change: Change
    note: str
    """Why its older recording cannot be compared; else empty, and then only what is new is here."""
    engine_before: str | None
    """The version of its Docker engine; None where there is no recording."""
    engine: str | None
    commands: tuple[ChangedCommand, ...]
    """Those that are new, gone or changed, in their order; none for a page that is gone."""
    name: str = ""
    """The site's name of the engine that it was recorded on; "" for the first."""


@dataclass(frozen=True, slots=True)
class News:
    """What recordings newly say."""

    older: str
    """The revision that they are compared with."""
    newer: str | None
    """The other revision; None for what is in the folder now."""
    pages: tuple[ChangedPage, ...]

    @property
    def summary(self) -> str:
        """One line."""
        count = len(self.pages)
        return f"{count} {'page says' if count == 1 else 'pages say'} something new" if count else "nothing new"


def text(news: News) -> str:
    """Return all of it in the form of a unified diff, then one line that sums it up."""
    return "\n".join([*(f"{page(news, changed)}\n" for changed in news.pages), news.summary])


def page(news: News, of: ChangedPage) -> str:
    """Return what is new of a page in the form of a unified diff."""
    recorded = f"{of.path} on {of.name}" if of.name else of.path
    older = "nothing" if of.change is Change.NEW else f"{recorded} ({news.older})"
    newer = "nothing" if of.change is Change.GONE else f"{recorded} ({news.newer or 'now'})"
    lines = [f"--- {older}", f"+++ {newer}"]
    if of.note:
        lines.append(f"@@ its older recording {of.note}: all of it is new @@")
    elif of.change is Change.CHANGED and of.engine_before != of.engine:
        lines += [f"-Docker Engine {of.engine_before}", f"+Docker Engine {of.engine}"]
    return plain("\n".join([*lines, *(line for command in of.commands for line in _command(command))]))


def _command(of: ChangedCommand) -> Iterator[str]:
    sign = {Change.NEW: "+", Change.GONE: "-", Change.CHANGED: " "}[of.change]
    first, *rest = of.command.split("\n")
    yield f"{sign}$ {first}"
    yield from (f"{sign}> {line}" for line in rest)
    for difference in of.differences:
        if of.change is Change.CHANGED:
            yield f"@@ line {difference.at + 1} of the output @@"
        yield from (f"-{line}" for line in difference.recorded)
        yield from (f"+{line}" for line in difference.came)
    if of.change is Change.CHANGED and of.ended_before != of.ended:
        yield from (f"-[{of.ended_before}]", f"+[{of.ended}]")
    elif of.change is Change.NEW and of.ended != "exit status 0":
        yield f"+[{of.ended}]"

"""What a page says, as it was read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from snippetrun.errors import Problem

ENDINGS = (".md", ".markdown", ".mdown", ".mkdn", ".mkd")
"""How the names of the files of pages end."""


class Match(StrEnum):
    """How written output is held against what came out."""

    PATTERN = "pattern"
    """With `...`, `<...>` and names."""
    EXACT = "exact"
    """To the letter; blanks at the end of a line count for nothing."""
    REGEX = "regex"
    """Each line as a regular expression (RE2's) of the whole line; `...` is any number of lines."""
    NONE = "none"
    """Not at all: the output is there for those who read the source."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the braces of one info string said; None and False are "not said"."""

    skip: str | None = None
    """Why the fence does not run, for the reader."""
    timeout: float | None = None
    """Seconds that each of its commands may take."""
    exit: int | None = None
    """The exit status that its one command must end with."""
    hide: bool = False
    """The fence runs but is not shown."""
    file: str | None = None
    """Where the content is written, relative to the page's folder in the sandbox."""
    term: str | None = None
    """The terminal of the page that its commands are typed into."""
    until: str | None = None
    """The text after which its last command, still running, is left to itself; "" for silence."""
    engine: str | None = None
    """`fresh` where a new engine takes the place of the page's before the fence."""
    retry: float | None = None
    """Seconds in which its one command is repeated until it does what is expected."""
    match: Match | None = None
    """How its written output is held against what comes out."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """What an info string says about the looks of its block, as of any other."""

    title: str = ""
    id: str = ""
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One prompted command of a fence, or what a fence says to the command that is still open in its terminal."""

    text: str
    """As it is typed: no prompt, continuation lines joined by newlines. Empty for an open command."""
    line: int
    """The line of its prompt."""
    end_line: int
    """The last line of the command itself, before any output."""
    status: int = 0
    """The exit status that is expected."""
    written: tuple[str, ...] = ()
    """What the author wrote under it, without the fence's indentation: output, and input to be typed.

    The first of these lines is `end_line + 1`.
    """


@dataclass(frozen=True, slots=True)
class Snippet:
    """One fence that concerns us: it runs, it is skipped, or it writes a file."""

    language: str
    """The first word of the info string."""
    options: Options
    line: int
    """The line of the opening fence."""
    end_line: int
    """The line of the closing fence."""
    prefix: str
    """What stands before the opening fence on its line: spaces, and `>` in a block quote."""
    content: str
    """The text between the fences, free of the prefix, as the author wrote it."""
    commands: tuple[Command, ...] = ()
    """Empty for a fence that only writes a file."""
    appearance: Appearance = Appearance()
    path: str = ""
    """The file that its lines are counted in, where that is not the page: one that the page includes."""
    until_column: int = 0
    """Where `until` stands in the line of the opening fence, 1-based; 0 where it does not."""


@dataclass(frozen=True, slots=True)
class PageOptions:
    """What `snippetrun:` in a page's front matter said."""

    skip: str | None = None
    """Why nothing on the page runs."""
    timeout: float | None = None
    """Seconds that each command of the page may take."""
    images: tuple[str, ...] | None = None
    """The images that the page's engine has; None is all of the site's."""
    match: Match | None = None
    """How written output is held against what comes out, where a fence does not say."""
    hub: bool = False
    """Its sandbox has a throwaway Docker Hub."""
    varies: tuple[str, ...] = ()
    """What may differ from run to run although two runs do not show it: regular expressions."""
    same: tuple[str, ...] = ()
    """What must not differ: regular expressions."""
    line: int = 0
    """Where `snippetrun:` stands; 0 if the page has none."""


@dataclass(frozen=True, slots=True)
class Page:
    """A Markdown page as it was read."""

    path: str
    """As the user knows it, e.g. `docs/images.md`."""
    snippets: tuple[Snippet, ...]
    """In the order of the page."""
    options: PageOptions = PageOptions()
    title: str = ""
    """The text of the first heading; empty if there is none."""
    findings: tuple[Problem, ...] = ()
    """What looks as if it should run and does not: worth a line in a report, no reason to stop."""
    under_test: bool = True
    """Whether it may run. One that the site's baseline names is shown as it is without us, and has no snippets here."""

"""Why something could not be done: one small tree, and the exit status of each branch.

    SnippetrunError
    +-- UsageError             2   somebody wrote something that cannot be used
    |   +-- ConfigError            in mkdocs.yml or in a page's front matter
    |   +-- PageError              in the text of a page
    |   +-- RecordingError         in a recording, which nobody should edit by hand
    +-- InfrastructureError    3   what we run on did not do its part
        +-- EngineError            the host's Docker engine: absent, gone
        |   +-- ClusterError       the Dask cluster that pages were to run on: absent, gone, without a fit worker
        |   +-- UnfitEngineError   one that answers, and cannot run sandboxes
        +-- FileError              a file cannot be written
        +-- ImageError             an image cannot be pulled or built
        +-- SandboxError           a page's throwaway engine did not start, or died

A snippet that fails is not an exception but data, a `snippetrun.model.Verdict`: an exception means that we
could not find out. Every error is a list of problems, so that a page with three mistakes is reported once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Self


class ExitStatus(IntEnum):
    """How commands end, unless a signal ends them; docs/reference/command-line.md is made of it."""

    meaning: str

    def __new__(cls, status: int, meaning: str) -> Self:
        """Return a number that knows what it means."""
        member = int.__new__(cls, status)
        member._value_, member.meaning = status, meaning
        return member

    GOOD = 0, "all is well"
    FAILED = 1, "a command did not do what its page expects; with `check`, also: its output is not what was recorded"
    UNUSABLE = 2, "something cannot be used: the page, the configuration, the command line; or there was nothing to run"
    BROKEN = 3, "an engine, an image, a registry or a sandbox failed us, or a file cannot be written"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it is, and what to type next."""

    message: str
    """What is wrong, in one sentence without a full stop."""
    hint: str = ""
    """What to type or change next; empty where the message already says so."""
    path: str = ""
    """The file, relative to where the user stands; empty for a problem that no file caused."""
    line: int = 0
    """1-based; 0 where the problem has no line."""
    column: int = 0
    """1-based; 0 where the problem has no column."""

    @property
    def where(self) -> str:
        """`path:line:column`, as far as it is known."""
        return ":".join([self.path, *(str(n) for n in (self.line, self.column) if n)]) if self.path else ""

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n    {self.hint.replace(chr(10), chr(10) + '    ')}" if self.hint else head


class SnippetrunError(Exception):
    """The root: catch this one to print any of them."""

    exit_status: ClassVar[int] = ExitStatus.UNUSABLE

    def __init__(self, *problems: Problem) -> None:
        """Hold the problems, at least one."""
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class UsageError(SnippetrunError):
    """Somebody wrote something that cannot be used."""


class ConfigError(UsageError):
    """The site's configuration or a page's front matter cannot be used."""


class PageError(UsageError):
    """The text of a page cannot be used."""


class RecordingError(UsageError):
    """A recording is not as it was written."""


class InfrastructureError(SnippetrunError):
    """What we run on did not do its part."""

    exit_status: ClassVar[int] = ExitStatus.BROKEN


class EngineError(InfrastructureError):
    """The host's Docker engine is absent, or gone."""


class ClusterError(EngineError):
    """The cluster that pages were to run on is absent or gone, or has no worker for them."""


class UnfitEngineError(EngineError):
    """The host's Docker engine is too old, or in a user namespace itself. It is reported, and never replaced."""


class FileError(InfrastructureError):
    """A file cannot be written: the disk is full, or its folder is not ours."""


class ImageError(InfrastructureError):
    """An image cannot be pulled or built."""


class SandboxError(InfrastructureError):
    """A page's throwaway engine did not start, or died."""

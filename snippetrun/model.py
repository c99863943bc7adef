r"""The values that travel along the road: frozen, slotted, and free of behaviour.

    Page -> (Snippet -> Command) -> Job -> Recording -> (Recorded, Verdict)

Lines are 1-based and inclusive, durations are seconds, text is str with "\n" line ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from snippetrun.limits import Limits
from snippetrun.patterns import Match
from snippetrun.sameness import Difference, Rules


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
    """The text after which its last command, still running, is left to itself."""
    engine: str | None = None
    """`fresh` where a new engine takes the place of the page's before the fence."""
    retry: float | None = None
    """Seconds in which its one command is repeated until it does what is expected."""
    match: Match | None = None
    """How its written output is held against what comes out."""


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


class Network(StrEnum):
    """What a sandbox reaches, beside itself."""

    NONE = "none"
    INTERNET = "internet"
    """Public addresses; none of private networks, of the host, or of other sandboxes."""


@dataclass(frozen=True, slots=True)
class Job:
    """One page's work: what will run, and on what."""

    page: Page
    key: str
    """Hex SHA-256 of all that decides what comes out; equal keys, equal work."""
    images: tuple[str, ...]
    """The images that its engine has, by name and tag."""
    timeout: float
    """Seconds for a command whose fence does not say."""
    output_limit: int
    """Bytes kept of one command's output."""
    match: Match = Match.PATTERN
    """How written output is held against what comes out, where a fence does not say."""
    hub: bool = False
    """Its sandbox has a throwaway Docker Hub, which has all images of the site."""
    rules: Rules = field(default_factory=Rules)
    """What may differ from run to run, and what must not: the site's, then the page's."""
    limits: Limits = field(default_factory=Limits)
    """What the whole page may take."""
    network: Network = Network.NONE
    """What it reaches."""
    last: Recording | None = field(default=None, compare=False)
    """What was recorded of the page, whatever it said then: its author may have pasted from it."""


class Mode(StrEnum):
    """What a build does about commands."""

    REPLAY = "replay"
    """Never run any: show what was recorded."""
    AUTO = "auto"
    """Run the pages whose recordings are stale, and replay the others."""
    RUN = "run"
    """Run all."""


class Ending(StrEnum):
    """How the wait for a command ended."""

    EXITED = "exited"
    """The command ended by itself and left an exit status."""
    TIMED_OUT = "timed out"
    """It was still running when its time was up."""
    UNFINISHED = "unfinished"
    """The shell was still waiting for the rest of it: a quote or a heredoc that nothing closes."""
    SHELL_GONE = "shell gone"
    """The page's shell ended before the command did."""
    TOO_MUCH = "too much output"
    """It was stopped, as it printed far more than is kept."""
    LEFT_OPEN = "left open"
    """It goes on, as its fence wants it to: its text has come, or its program waits at a prompt."""


class PieceKind(StrEnum):
    """Who is behind a piece of a transcript."""

    OUTPUT = "output"
    """Programs."""
    INPUT = "input"
    """The keyboard: a line, with Enter at its end."""
    KEYS = "keys"
    """The keyboard: keys such as `^C`, as they are written."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what a terminal showed."""

    kind: PieceKind
    text: str
    """Of all control sequences only colours (SGR) remain."""
    line: int = 0
    """The line of the page that was typed; 0 for output."""


def printed(text: str) -> tuple[Piece, ...]:
    """Return the transcript of a command into which nothing was typed."""
    return (Piece(PieceKind.OUTPUT, text),) if text else ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came out of one command."""

    line: int
    """The line of its prompt when it ran."""
    command: str
    """As it was typed, with the words of names in their place."""
    pieces: tuple[Piece, ...]
    """What a person would have been left looking at, in order."""
    status: int | None
    """The exit status; None unless the ending is `exited`."""
    seconds: float
    ending: Ending = Ending.EXITED
    cut: int = 0
    """Bytes that were dropped because the output passed the limit."""
    late: str = ""
    """What the command before it in its terminal, left open by its fence, still printed before this one was typed."""
    waiting: str = ""
    """What it was waited for in vain, in words; empty if nothing was."""
    fault: str = ""
    """What became of the page's sandbox, in words, such as that it is out of memory; empty if nothing did."""
    others: tuple[str, ...] = ()
    """The whole transcript, all pieces joined, of each other run that left another one."""

    @property
    def output(self) -> str:
        """The whole of it as text."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class ImageFact:
    """An image that the page's engine had, or could pull from the page's hub."""

    name: str
    digest: str
    """`sha256:...`, as the page's engine reports it."""
    origin: str
    """Where it came from, e.g. `images/nginx/Dockerfile on debian:trixie-slim`."""
    stand_in: str = ""
    """What it stands in for and how it differs; empty for the thing itself."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about the machine that a page ran on, or about the images that it has built: another one's differs."""

    name: str
    """Equal on all machines: `kernel`, `memory`, or `debian:latest 2` for the second digest of an image."""
    value: str
    """As output may have it: `6.12.1`, or the 64 digits of a digest; of a span of time `2026-11-25T10:00:00+00:00/...`.
    """


@dataclass(frozen=True, slots=True)
class Environment:
    """What a page ran on."""

    engine: str
    """The version of the page's own Docker engine."""
    kernel: str
    snippetrun: str
    images: tuple[ImageFact, ...] = ()
    hub: bool = False
    """What it took for Docker Hub was a stand-in of its own, with these images."""
    network: Network = Network.NONE
    """What it reached."""
    known: tuple[Fact, ...] = ()
    """Of the machine, and of the images that it has built, what the page's output may depend on."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything that one run of one page left behind."""

    page: str
    key: str
    environment: Environment
    when: str
    """ISO 8601, UTC, whole seconds."""
    boot_seconds: float
    """From asking for the sandbox until its engine answered."""
    seconds: float
    """The whole page, boot and removal included."""
    snippets: tuple[tuple[Recorded, ...], ...] = field(default=())
    """One entry for each snippet of the page, in order; commands that were not reached are absent."""
    runs: int = 1
    """How many runs have shown what varies; the recording is the first of them."""
    checksum: str = field(default="", compare=False)
    """That of its file; empty where it has none yet."""


class Outcome(StrEnum):
    """How a command did against what its author expected."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_REACHED = "not reached"
    """A command before it on the page failed."""
    STALE = "stale"
    """It is not what was recorded, and was not run."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one command."""

    outcome: Outcome
    line: int
    command: str
    message: str = ""
    """What is wrong, or why it was skipped; empty when it passed."""
    hint: str = ""
    """What to type or change next."""
    where: int = 0
    """The line under the command that is not met; 0 if it is the command itself."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one page."""

    page: Page
    recording: Recording | None
    """None for a page on which nothing ran."""
    verdicts: tuple[tuple[Verdict, ...], ...]
    """One entry for each snippet, with one verdict for each of its commands."""
    confirmed: str | None = None
    """The checksum of its recording, if a run has just shown that it is true."""
    runs: int = field(default=0, compare=False)
    """How often the page has just run; 0 for one that is replayed."""
    news: Mapping[tuple[int, int], Sequence[Difference]] = field(default_factory=dict, compare=False)
    """Where it differs from its recording, by the places of a snippet and of its command; all runs have shown that."""
    varied: frozenset[tuple[int, int]] = field(default=frozenset(), compare=False)
    """The commands in which these runs did not agree, though nothing had told that they vary."""

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """The commands that did not do what their author expected."""
        return tuple(v for snippet in self.verdicts for v in snippet if v.outcome is Outcome.FAILED)

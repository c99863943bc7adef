"""What has to be done for a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from snippetrun.model.environment import Network
from snippetrun.model.page import Match, Page
from snippetrun.model.recording import Recording
from snippetrun.support.limits import Limits


@dataclass(frozen=True, slots=True)
class Rules:
    """Regular expressions (RE2's), looked for in each line."""

    varies: tuple[str, ...] = ()
    """What a match is may differ, although two runs do not show it."""
    same: tuple[str, ...] = ()
    """A match must not differ, whatever its form and whatever two runs have shown."""
    words: bool = True
    """Whether other runs are believed to show that words vary, and lines; if not, numbers, ids and orders alone."""


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

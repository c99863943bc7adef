"""What a page's engine knows: the values in a page's output that are another engine's or another day's tomorrow.

Plain data, learned from the engine at the end of a page. All of it may be the page's own invention: none is trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an engine gives ids to."""

    CONTAINER = "container"
    EXEC = "exec"
    IMAGE = "image"
    NETWORK = "network"
    VOLUME = "volume"
    CACHE = "build cache"
    OTHER = "other"
    """Nodes, services and what else a swarm is made of."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that a page's engine has or had, and gave an id to."""

    kind: Kind
    id: str
    """As the engine knows it, whole and without `sha256:`."""
    name: str = ""
    """What it is called; of a part of a build cache, what the engine says that it is."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one of these things."""

    at: float
    """Seconds since 1970, by the engine's clock."""
    thing: Thing
    action: str
    """As the engine calls it: `create`, `start`, `die`, `tag` ..."""


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One of the site's images, as the image store has it."""

    name: str
    """With its tag."""
    digests: tuple[str, ...]
    """All that it is made of, each as 64 digits, in an order that depends on its structure alone."""
    created: tuple[float, ...] = ()
    """When it and its layers were made, as its configuration says; seconds since 1970."""
    built: tuple[tuple[float, float], ...] = ()
    """From when to when it was really built, and put into the store: seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Host:
    """The machine, as a page can see it; empty and 0 for what is not known."""

    id: str = ""
    """The engine's own id."""
    kernel: str = ""
    """`uname -r`"""
    build: str = ""
    """All of /proc/version."""
    processors: int = 0
    memory: int = 0
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page's engine knows, and what its output can have been made of: plain data, none of it trusted."""

    things: tuple[Thing, ...] = ()
    """In the order in which they came into being, where that is known."""
    events: tuple[Event, ...] = ()
    """In the order of their time."""
    digests: frozenset[str] = frozenset()
    """What is or was in its content store, each as 64 digits."""
    stored: tuple[StoredImage, ...] = ()
    host: Host = Host()
    began: float = 0.0
    """When the engine was asked for, by its own clock: seconds since 1970."""
    ended: float = 0.0
    """When it was asked for these facts, by the same clock; 0 if it did not answer."""
    ahead: float = 0.0
    """Seconds by which that clock is ahead of the builder's."""

"""What a page runs on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Network(StrEnum):
    """What a sandbox reaches, beside itself."""

    NONE = "none"
    INTERNET = "internet"
    """Public addresses; none of private networks, of the host, or of other sandboxes."""


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

"""When the containers and images of a page were made, started and ended, on the page's own clock."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from snippetrun.facts import Event, Facts, Kind
from snippetrun.stable.clock import SECOND, Clock
from snippetrun.stable.ids import SHORT, Ids

_ENDS = re.compile(r"\b(?:stop|kill|restart|down)\b|^(?:\^[CD\\]|exit\b.*)$", re.MULTILINE)
"""A command that ends containers, or keys that do."""
_ENDS_IT = re.compile(r"\bdocker(?: container)? (?:stop|kill|restart)\b")
"""A command that ends the containers that it names."""
_INSIDE = re.compile(r"\bdocker(?: container)? exec\b")
"""A command that ends something inside of a container, seldom the container."""
_MOMENT = 0.1
"""Seconds for which a command may be done before what it did is known."""
_TOGETHER = re.compile(r"\bcompose\b|\b(?:service|stack)\b")
"""A command that makes several containers at a time."""
_MAKES = re.compile(r"\b(?:build|commit|import|load|up)\b")
"""A command that makes images."""


class Lives:
    """What has become of containers and images."""

    def __init__(self, facts: Iterable[Facts], clock: Clock, ids: Ids) -> None:
        """Sort the events by container."""
        self._clock, self._ids = clock, ids
        self._events: dict[str, list[Event]] = defaultdict(list)
        self._named: dict[str, list[tuple[float, str]]] = defaultdict(list)
        self._stored: dict[str, float] = {}
        self._tags: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for each in facts:
            for event in each.events:
                if event.thing.kind is Kind.CONTAINER:
                    self._events[event.thing.id[:SHORT]].append(event)
                    self._named[event.thing.name].append((event.at, event.thing.id[:SHORT]))
                elif event.thing.kind is Kind.IMAGE and event.action == "tag":
                    self._tags[event.thing.name].append((event.at, event.thing.id))
            for image in each.stored:
                self._tags[image.name].append((0.0, image.digests[0]))
                self._stored |= dict.fromkeys(
                    (digest[:SHORT] for digest in image.digests), max(image.created, default=0)
                )

    @property
    def knows_images(self) -> bool:
        """Whether the images are known with which the page began."""
        return bool(self._stored)

    def container(self, *words: str) -> str | None:
        """Return which container one of these words stands for, as its id or its name."""
        for word in words:
            found = self._of(self._named, word) or word[:SHORT]
            if found in self._events:
                return found
        return None

    def made_together(self, name: str) -> int | None:
        """Return which command made a container among others, in any order; None if it was made alone."""
        container = self.container(name)
        created = self._last(container, "create") if container else None
        if created is None:
            return None
        by = self._clock.command_at(created)
        return by if _TOGETHER.search(self._clock.steps[by].text) else None

    def made(self, container: str) -> int | None:
        """Return for how many seconds a container has existed."""
        return self._since(self._last(container, "create"))

    def up(self, container: str) -> int | None:
        """Return for how many seconds a container has run since it was last started."""
        since = self._since(self._last(container, "start"))
        return None if since is None else max(0, since - 1)

    def gone(self, container: str) -> int | None:
        """Return how many seconds ago a container ended.

        A command that ends containers may be done a moment before they are, or before the engine says so. Where there
        is none, the end came soon after the start, as it need not come at the same command in every run.
        """
        started, ended = self._last(container, "start"), self._last(container, "die")
        if ended is None:
            return None
        first = 0 if started is None else self._clock.command_at(started)
        near = range(max(first + 1, self._clock.command_at(ended - _MOMENT) - 1), self._clock.command_at(ended) + 1)
        ending = [step for step in near if _ENDS.search(self._clock.steps[step].text)]
        by = min(ending, key=lambda step: self._doubt(step, container), default=first)
        at = self._clock.began(by) + int((1 + self._clock.steps[by].waited) * SECOND)
        return max(0, (self._clock.began() - at) // SECOND)

    def image_named(self, name: str) -> str:
        """Return the digest of the image that has a name now, as far as that is known; "" if it is not."""
        return self._of(self._tags, name)

    def is_stored(self, digest: str) -> bool:
        """Whether an image is one of the site's."""
        return digest.removeprefix("sha256:")[:SHORT] in self._stored

    def image(self, digest: str, name: str) -> float | int | None:
        """Return how many seconds ago an image was made; the site's by their date, the page's by its commands."""
        digest = digest.removeprefix("sha256:")
        if self.is_stored(digest):
            return self._clock.began() / SECOND - self._stored[digest[:SHORT]]
        number = self._ids.command(digest)
        here = self._clock.steps[: self._clock.count - 1]
        if number is None or number >= len(here):
            word = re.compile(rf"(?<![\w./-]){re.escape(name)}(?![\w/-])")
            making = (i for i, step in enumerate(here) if _MAKES.search(step.text) and word.search(step.text))
            number = max(making, default=None)
        return None if number is None else (self._clock.began() - self._clock.began(number)) // SECOND

    def _doubt(self, step: int, container: str) -> int:
        """Return how unlikely it is that just this command ended the container."""
        text = self._clock.steps[step].text
        if _ENDS_IT.search(text) and self._events[container][0].thing.name in text:
            return 0
        return 2 if _INSIDE.search(text) else 1

    def _of(self, named: Mapping[str, Sequence[tuple[float, str]]], name: str) -> str:
        """Return what had a name last, by now; "" if nothing had."""
        return max((each for each in named.get(name, ()) if each[0] <= self._clock.real), default=(0.0, ""))[1]

    def _last(self, container: str, action: str) -> float | None:
        return max(
            (e.at for e in self._events[container] if e.action == action and e.at <= self._clock.real), default=None
        )

    def _since(self, real: float | None) -> int | None:
        if real is None:
            return None
        return (self._clock.began() - self._clock.began(self._clock.command_at(real))) // SECOND

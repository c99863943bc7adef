"""Machines with an engine that are played, what they answer, and those who watch a run."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from snippetrun import runner
from snippetrun.config import SiteConfig
from snippetrun.errors import EngineError, Problem
from snippetrun.model import Command, Ending, ImageFact, Job, Page, Result
from snippetrun.sandbox.fake import Answer, FakeSandbox, program

ANSWERS: dict[str, Answer] = {
    "docker ps": "ID\n",
    "docker info": "info\n",
    "docker rm x": "x\n",
    "docker ps -a": "all\n",
}
"""What an engine knows unless a test says otherwise."""


def answer(value: Any) -> Answer:  # noqa: ANN401 - from TOML
    """Turn TOML into an answer: an output, an ending, or the steps of a program with its exit status at the end."""
    if isinstance(value, list):
        return program(*value[:-1], status=value[-1])
    if isinstance(value, dict):
        return value["text"], value["status"]
    return Ending(value) if value in set(Ending) else str(value)


def provided(site: SiteConfig, job: Job) -> tuple[ImageFact, ...]:
    """What a sandbox says about the images that a page has."""
    return tuple(
        ImageFact(image.name, "sha256:0", image.pull or f"{image.build}/Dockerfile on debian", image.stand_in)
        for image in site.images
        if job.hub or image.name in job.images
    )


class Engine:
    """A machine with an engine, or without, that keeps the paths of the pages that ran."""

    def __init__(self, *, there: bool = True) -> None:
        self.there = there
        self.pages: list[str] = []
        self.answers = ANSWERS

    @contextmanager
    def __call__(self, site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
        if not self.there:
            raise EngineError(Problem("no Docker engine answers"))

        @contextmanager
        def start(job: Job) -> Iterator[FakeSandbox]:
            self.pages.append(job.page.path)
            yield FakeSandbox(self.answers, images=provided(site, job))

        yield start


@dataclasses.dataclass
class Fleet:
    """Starts fake sandboxes that all know the same answers, and keeps them."""

    answers: Mapping[str, Answer]
    started: list[FakeSandbox] = dataclasses.field(default_factory=list)
    hold: threading.Event | None = None
    """Until it is set no sandbox starts."""

    @contextmanager
    def __call__(self, _site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
        if self.hold:
            self.hold.wait()
        yield self.start

    @contextmanager
    def start(self, job: Job) -> Iterator[FakeSandbox]:
        facts = tuple(ImageFact(name, "sha256:0", "here") for name in job.images)
        sandbox = FakeSandbox(self.answers, images=facts)
        self.started.append(sandbox)
        try:
            yield sandbox
        finally:
            sandbox.close()


class Heard(runner.Watcher):
    """A watcher that remembers the lines that it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


class Notes(Heard):
    """A watcher that remembers every step."""

    def begin(self, jobs: Sequence[Job]) -> None:
        self.lines.append(f"begin {len(jobs)}")

    def command(self, page: Page, command: Command) -> None:
        self.lines.append(f"{page.path}:{command.line} {command.text}")

    def again(self, page: Page, why: str) -> None:
        self.lines.append(f"again {page.path}: {why}")

    def end(self, result: Result) -> None:
        self.lines.append(f"end {result.page.path}")

"""Pages that run on a machine that is played, and the tasks of the command line on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers.machine import Engine, Fleet, Heard, Notes
from snippetrun import runner
from snippetrun.config import ImageSource, SiteConfig
from snippetrun.extract import read
from snippetrun.model import Mode, Page, Result
from snippetrun.plan import Plan, plan
from snippetrun.tasks import check, record
from snippetrun.tasks.report_on import Task

SITE = SiteConfig(
    Path("/s"),
    Path("/s/docs"),
    "mkdocs.yml",
    (ImageSource("nginx:latest", pull="nginx@sha256:0"),),
    jobs=2,
    mode=Mode.RUN,
    runs=1,
)
"""A site of which no file is read."""
PAGE = "# A\n\n```console\n$ docker ps\n$ docker info\n```\n\n```console\n$ docker rm x\n```\n"
"""A page whose commands an `Engine` knows."""


def console(*lines: str, attributes: str = "") -> str:
    """The text of a console fence."""
    return "\n".join([f"```console{attributes}", *lines, "```", ""])


def page(text: str, name: str = "docs/a.md") -> Page:
    """A page with a text."""
    return read(name, text)


def run(fleet: Fleet, *pages: Page, site: SiteConfig = SITE, notes: Notes | None = None) -> tuple[Result, ...]:
    """Run pages on a fleet."""
    return runner.run(plan(site, pages), notes or Notes(), sandboxes=fleet)


def run_one(site: SiteConfig, mode: Mode, engine: Engine, text: str = PAGE, heard: Heard | None = None) -> Result:
    """Run, or replay, a site's one page on an engine."""
    site = dataclasses.replace(site, mode=mode)
    [result] = runner.run(plan(site, [read("docs/a.md", text)]), heard or Heard(), sandboxes=engine)
    return result


def check_on(engine: runner.Sandboxes) -> Task:
    """What `snippetrun check` does, on an engine."""

    def run(work: Plan, watcher: runner.Watcher) -> Sequence[Result]:
        return check.check(_on(work, jobs=1), watcher, engine)

    return Task("check", run, check.compared)


def run_on(engine: runner.Sandboxes) -> Task:
    """What `snippetrun run` does, on an engine."""

    def run(work: Plan, watcher: runner.Watcher) -> Sequence[Result]:
        return record.record(_on(work, jobs=1, runs=1), watcher, engine)

    return Task("run", run)


def _on(work: Plan, **settings: Any) -> Plan:  # noqa: ANN401 - settings of any type
    return dataclasses.replace(work, site=dataclasses.replace(work.site, **settings))

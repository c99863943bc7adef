"""A page that talks to a program, and a recording of it."""

from __future__ import annotations

import dataclasses

from snippetrun.config import SiteConfig
from snippetrun.extract import read
from snippetrun.model import (
    CommandResult,
    Ending,
    Environment,
    Fact,
    ImageFact,
    Job,
    Moment,
    Piece,
    PieceKind,
    Recording,
    printed,
)
from snippetrun.plan import plan

TEXT = "# A\n\n```console\n$ docker run -it x\n/ # ls\na\n/ # ^D\n$ docker ps\n```\n"
ENVIRONMENT = Environment(
    "26.1.5",
    "6.12",
    "0.1.0",
    (ImageFact("x:latest", "sha256:1", "here", "not the real one"),),
    known=(Fact("memory", "8589934592"),),
)

MOMENTS = (Moment(0.1, 4), Moment(0.4, 4, "\x1b[31mb\x1b[0m\n/ "), Moment(0.5, 10))


def job(site: SiteConfig, text: str = TEXT, path: str = "docs/deep/a.md") -> Job:
    """What a page of a site asks of a runner."""
    [made] = plan(site, [read(path, text)]).jobs
    return made


def recording(of: Job, output: str = "\x1b[31mID\x1b[0m\n", **changes: object) -> Recording:
    """What could have come out of TEXT, wherever on the page it stands."""
    run, ps = of.page.snippets[0].commands
    pieces = (
        Piece(PieceKind.OUTPUT, "/ # "),
        Piece(PieceKind.INPUT, "ls\n", run.line + 1),
        Piece(PieceKind.OUTPUT, "a\n/ # "),
        Piece(PieceKind.KEYS, "^D\n", run.line + 3),
    )
    snippets = (
        (
            CommandResult(run.line, run.text, pieces, 0, 1.25, moments=MOMENTS),
            CommandResult(ps.line, ps.text, printed(output), None, 0.5, Ending.LEFT_OPEN, 3, "late\n"),
        ),
    )
    made = Recording(of.page.path, of.key, ENVIRONMENT, "2026-01-02T03:04:05+00:00", 0.5, 2.0, snippets)
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]

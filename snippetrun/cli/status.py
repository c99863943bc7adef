"""`snippetrun status`: how much of the site is under test."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from snippetrun import config
from snippetrun.cli.group import JSON, cli, echo, print_json, with_site
from snippetrun.report import badge, json_, verification
from snippetrun.support import atomic
from snippetrun.support.units import counted
from snippetrun.tasks.status import PageStatus, Status
from snippetrun.tasks.status import status as status_of
from snippetrun.tasks.verification import recorded


@cli.command()
@JSON
@click.option(
    "--badge",
    "picture",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.svg",
    help="Write a badge that says how many pages are under test.",
)
@click.option(
    "--verification",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.md",
    help="Write a page about what recordings say of all pages: what became of them, when, and on what they ran.",
)
@with_site
def status(site: config.SiteConfig, *, as_json: bool, picture: Path | None, page: Path | None) -> None:
    """Show how much of the site is under test: pages, snippets, commands. Nothing is run.

    Under test are all pages but those that the baseline names; `snippetrun adopt` takes one out of it.
    """
    now = status_of(site)
    if picture:
        done, whole = now.under_test.pages, now.all.pages
        atomic.write(picture, badge.svg("pages under test", f"{done} of {whole}", done / whole if whole else 0.0))
    if page:
        atomic.write(page, verification.text(recorded(site), str(page.parent)))
    if as_json:
        print_json({"schema": json_.SCHEMA, "command": "status"} | dataclasses.asdict(now))
    else:
        echo(_table(now))


def _table(now: Status) -> str:
    rows = [("page", "snippets", "commands", "")]
    rows += [(page.path, f"{page.snippets}", f"{page.commands}", _note(page)) for page in now.pages]
    width = max(len(row[0]) for row in rows)
    lines = [f"{row[0]:{width}}  {row[1]:>8}  {row[2]:>8}  {row[3]}".rstrip() for row in rows]
    amounts = zip(("page", "snippet", "command"), *map(dataclasses.astuple, (now.under_test, now.all)), strict=True)
    under_test = ", ".join(f"{done:,} of {counted(whole, noun)}" for noun, done, whole in amounts)
    return "\n".join([*lines, "", f"under test: {under_test}"])


def _note(page: PageStatus) -> str:
    problems = f"{counted(page.problems, 'problem')}" if page.problems else ""
    return ", ".join(filter(None, ("" if page.under_test else "not under test yet", problems)))

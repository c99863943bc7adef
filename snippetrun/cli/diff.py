"""`snippetrun diff`: what recordings newly say, without what varies from run to run."""

from __future__ import annotations

import dataclasses

import click

from snippetrun import config
from snippetrun.cli.group import JSON, cli, echo, print_json, with_site
from snippetrun.report import json_, markdown, news
from snippetrun.tasks import diff as diffs


@cli.command()
@click.argument("arguments", nargs=-1, metavar="[PATHS]... [REV[..REV]]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown"]),
    default="text",
    show_default=True,
    help="markdown: for the summary of a CI job.",
)
@click.option("--exit-code", is_flag=True, help="End with 1 if something is new.")
@JSON
@with_site
def diff(site: config.SiteConfig, arguments: tuple[str, ...], *, form: str, exit_code: bool, as_json: bool) -> int:
    """Show what is new in recordings, without what varies from run to run. Nothing is run.

    They are compared with those of the last commit, or of the revision REV; with REV..REV those of two revisions. PATHS
    are pages, recordings or folders; without any, all recordings of the site.
    """
    changes = diffs.diff(site, diffs.asked(site, arguments))
    if as_json:
        print_json({"schema": json_.SCHEMA, "command": "diff"} | dataclasses.asdict(changes))
    else:
        echo(markdown.news(changes) if form == "markdown" else news.text(changes))
    return int(exit_code and bool(changes.pages))

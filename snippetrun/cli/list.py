"""`snippetrun list`: what would run, and where."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from pathlib import Path

from snippetrun import config, report, runner
from snippetrun.cli.group import JSON, PATHS, cli, complain, echo, note, print_json, with_site
from snippetrun.errors import UsageError
from snippetrun.plan import plan
from snippetrun.report import json_
from snippetrun.support import git
from snippetrun.support.neutralise import plain
from snippetrun.support.units import counted
from snippetrun.support.version import __version__
from snippetrun.tasks import site_pages


@cli.command("list")
@PATHS
@JSON
@with_site
def list_(site: config.SiteConfig, paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Show what would run, and where. Nothing is run.

    PATHS are pages or folders; without any, all pages of the site.
    """
    made = report.Report("list", (), __version__, commit=git.commit(site.root) if as_json else None)
    try:
        pages = plan(site, site_pages.read(site, paths)).pages
    except UsageError as error:
        if as_json:
            print_json(json_.document(replace(made, problems=error.problems, exit_status=error.exit_status)))
        raise
    untested = sum(not page.under_test for page in pages)
    noticed = report.in_order(chain(*(page.findings for page in pages)), (page.path for page in pages))
    shown = tuple(report.page(runner.result(page, None)) for page in pages if page.snippets)
    if as_json:
        print_json(json_.document(replace(made, pages=shown, findings=noticed, untested=untested)))
        return
    for page in shown:
        for command in page.commands:
            reason = f"    [not run: {command.message}]" if command.message else ""
            echo(f"{command.path or page.path}:{command.line}  {_first_line(command.command)}{reason}")
    complain(noticed)
    count = report.counts(shown)
    amount = f"{counted(count.pages, 'page')}, {counted(count.commands, 'command')}"
    echo(f"{amount}, {count.skipped} of them skipped", err=True)
    note(untested)


def _first_line(command: str) -> str:
    return plain(command.split("\n", maxsplit=1)[0]) or "(goes on with what is open)"

"""`snippetrun list`: what would run, and where."""

from __future__ import annotations

from pathlib import Path

import click

from snippetrun import config, pages, report, runner
from snippetrun.cli.command import JSON, PATHS, cli, complain, findings, print_json, with_site
from snippetrun.plan import plan


@cli.command("list")
@PATHS
@JSON
@with_site
def list_(site: config.SiteConfig, paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Show what would run, and where. Nothing is run.

    PATHS are pages or folders; without any, all pages of the site.
    """
    files = pages.find(site, paths)
    found = pages.read_all(site, files)
    plan(site, found)
    noticed = findings(site, files)
    results = [runner.result(page, None) for page in found]
    if as_json:
        print_json(report.as_json("list", results, findings=noticed))
        return
    for result in results:
        for verdict in (verdict for verdicts in result.verdicts for verdict in verdicts):
            reason = f"    [not run: {verdict.message}]" if verdict.message else ""
            typed = report.plain(verdict.command.split("\n")[0]) or "(goes on with what is open)"
            click.echo(f"{result.page.path}:{verdict.line}  {typed}{reason}")
    complain(noticed)
    count = report.counts(results)
    click.echo(f"{count['pages']} pages, {count['commands']} commands, {count['skipped']} of them skipped", err=True)

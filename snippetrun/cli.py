"""The `snippetrun` command: a thin face over the road that a page travels."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click

from snippetrun import __version__, config, extract, pages, report, runner
from snippetrun.errors import Problem, SnippetrunError, UsageError
from snippetrun.model import Page
from snippetrun.plan import plan
from snippetrun.progress import ShownProgress

_PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")


def main() -> NoReturn:
    """Run the command line; every error that a user can cause ends in one clear message."""
    try:
        sys.exit(cli(standalone_mode=False))
    except SnippetrunError as error:
        _complain(error.problems)
        sys.exit(error.exit_status)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; nothing is left behind", err=True)
        sys.exit(130)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option(
    "-f",
    "--config-file",
    type=click.Path(path_type=Path),
    default=Path("mkdocs.yml"),
    show_default=True,
    help="The site's configuration.",
)
@click.pass_context
def cli(context: click.Context, config_file: Path) -> None:
    """Run the docker commands of Markdown pages in throwaway engines.

    A page's fenced `console` blocks run in order, in one shell, in a Docker engine that exists for that page alone.
    """
    context.obj = config_file


def _with_site(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the site's configuration as its first argument."""

    @click.pass_obj
    @wraps(command)
    def called(config_file: Path, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's own
        return command(config.load(config_file), *args, **kwargs)

    return called


@cli.command("list")
@_PATHS
@_JSON
@_with_site
def list_(site: config.SiteConfig, paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Show what would run, and where. Nothing is run.

    PATHS are pages or folders; without any, all pages of the site.
    """
    files = pages.find(site, paths)
    found = pages.read_all(site, files)
    plan(site, found)
    findings = _findings(site, files)
    results = [runner.result(page, None) for page in found]
    if as_json:
        _print_json(report.as_json("list", results, findings=findings))
        return
    for result in results:
        for verdict in (verdict for verdicts in result.verdicts for verdict in verdicts):
            reason = f"    [not run: {verdict.message}]" if verdict.message else ""
            typed = report.plain(verdict.command.split("\n")[0]) or "(goes on with what is open)"
            click.echo(f"{result.page.path}:{verdict.line}  {typed}{reason}")
    _complain(findings)
    count = report.counts(results)
    click.echo(f"{count['pages']} pages, {count['commands']} commands, {count['skipped']} of them skipped", err=True)


@cli.command()
@_PATHS
@_JSON
@_with_site
def run(site: config.SiteConfig, paths: tuple[Path, ...], *, as_json: bool) -> int:
    """Run pages and print what came out.

    PATHS are pages or folders; without any, all pages of the site. The exit status is 1 if a command failed, 2 for
    wrong usage, also if there was nothing to run, and 3 if an engine or an image is missing.
    """
    began = time.monotonic()
    files = pages.find(site, paths)
    found = pages.read_all(site, files)
    if not plan(site, found):
        raise UsageError(_nothing_to_run(found))
    with ShownProgress() as progress:
        results = runner.run(site, found, progress)
    seconds = time.monotonic() - began
    failed = [problem for result in results for problem in report.failures(result)]
    if as_json:
        _print_json(report.as_json("run", results, findings=_findings(site, files), seconds=seconds))
    else:
        for result in results:
            if result.recording:
                click.echo(report.transcript(result) + "\n")
    _complain(failed)
    click.echo(report.summary(results, seconds), err=True)
    return 1 if failed else 0


@cli.command()
@_JSON
@_with_site
def doctor(site: config.SiteConfig, *, as_json: bool) -> int:
    """Look at the engine, the kernel, cgroups, the image store and leftovers; each finding with its fix."""
    from snippetrun.doctor import State, examine

    with ShownProgress() as progress:
        findings = examine(site, progress.say)
    if as_json:
        rows = [dataclasses.asdict(finding) for finding in findings]
        _print_json({"schema": report.SCHEMA, "command": "doctor", "findings": rows})
    else:
        for finding in findings:
            click.echo(f"{finding.state.upper():8} {finding.name}: {finding.message}")
            if finding.fix:
                click.echo(f"         -> {finding.fix}")
    return 3 if any(finding.state is State.PROBLEM for finding in findings) else 0


@cli.command()
@click.option("--all", "everything", is_flag=True, help="Also images, image stores, and our private engine's data.")
@_JSON
def clean(*, everything: bool, as_json: bool) -> None:
    """Remove what runs that were killed have left on the engine.

    Images and image stores stay, as the next build is faster with them; --all removes these too.
    """
    from snippetrun.engine import leftovers
    from snippetrun.engine.find import host_engine

    removed: list[leftovers.Leftover] = []
    kept: list[leftovers.Leftover] = []
    with host_engine(lambda line: click.echo(line, err=True)) as engine:
        for item in leftovers.find(engine):
            wanted = not item.in_use and (everything or not item.kept)
            (removed if wanted and leftovers.remove(engine, item) else kept).append(item)
    if everything:
        shutil.rmtree(config.cache_folder(), ignore_errors=True)
    if as_json:
        rows = {"removed": removed, "kept": kept}
        found = {name: [dataclasses.asdict(item) for item in items] for name, items in rows.items()}
        _print_json({"schema": report.SCHEMA, "command": "clean"} | found)
        return
    for item in removed:
        click.echo(f"removed {item.kind} {item.name} ({item.detail})")
    click.echo(f"{len(removed)} removed, {len(kept)} kept", err=True)


def _findings(site: config.SiteConfig, files: list[Path]) -> list[Problem]:
    return [
        finding
        for file in files
        for finding in extract.findings(config.shown_path(file), pages.text(file), languages=site.languages)
    ]


def _nothing_to_run(found: tuple[Page, ...]) -> Problem:
    skipped = any(snippet.commands for page in found for snippet in page.snippets)
    hint = (
        "Every docker command there is skipped."
        if skipped
        else "A command is a line that starts with `$ ` in a ```console fence; one of a page's must be docker's."
    )
    return Problem("there is nothing to run", hint)


def _complain(problems: Any) -> None:  # noqa: ANN401 - any iterable of problems
    for problem in problems:
        click.echo(str(problem), err=True)


def _print_json(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))

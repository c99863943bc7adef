"""`snippetrun init`: a configuration for a site that has none yet."""

from __future__ import annotations

from pathlib import Path

import click

from snippetrun.cli.group import YES, agreed, cli, echo, echo_diff
from snippetrun.support.units import counted
from snippetrun.tasks import init as tasks


@cli.command()
@click.argument("folder", default=Path(), type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@YES
@click.pass_obj
def init(config_file: Path | None, folder: Path, *, dry_run: bool, yes: bool) -> int:
    """Write a configuration for the site of a folder, from what stands in its pages. Nothing is run.

    That is an entry in mkdocs.yml, or a snippetrun.yml where MkDocs renders nothing; Dockerfiles for images that need
    no registry; and a baseline with all pages that would run something. No page changes. The exit status is 1 if you
    do not agree to what would be written, or if an entry is left to be written by hand.
    """
    proposal = tasks.propose(folder, config_file)
    for line in tasks.described(proposal):
        echo(line, err=True)
    for file in proposal.files:
        echo_diff(file.diff + "\n")
    if proposal.by_hand:
        echo(f"To be written into {proposal.configuration} by hand:\n{proposal.by_hand}\n")
    if dry_run:
        return 0
    if not agreed(f"Write {counted(len(proposal.files), 'file')}?", yes=yes):
        return 1
    tasks.write(proposal)
    made = () if proposal.by_hand else tasks.add_made_pages(proposal.configuration)
    pages = len(proposal.pages) + len(made)
    if pages:
        echo(f"{counted(pages, 'page')} in the baseline. Next, page by page: snippetrun adopt PAGE", err=True)
    else:
        echo("No page runs a docker command yet; one that does is under test from its first day", err=True)
    return int(bool(proposal.by_hand))

"""`snippetrun clean`: away with what killed runs have left."""

from __future__ import annotations

import dataclasses

import click

from snippetrun.cli.group import JSON, cli, echo, print_json
from snippetrun.report import json_


@cli.command()
@click.option("--all", "everything", is_flag=True, help="Also images, image stores, and our private engine's data.")
@JSON
def clean(*, everything: bool, as_json: bool) -> None:
    """Remove what runs that were killed have left on the engine.

    Images and image stores stay, as the next build is faster with them; --all removes these too.
    """
    from snippetrun.tasks import clean as cleaning  # the docker SDK takes its time

    cleaned = cleaning.clean(lambda line: echo(line, err=True), everything=everything)
    if as_json:
        print_json({"schema": json_.SCHEMA, "command": "clean"} | dataclasses.asdict(cleaned))
        return
    for item in cleaned.removed:
        echo(f"removed {item.kind} {item.name} ({item.detail})")
    echo(f"{len(cleaned.removed)} removed, {len(cleaned.kept)} kept", err=True)

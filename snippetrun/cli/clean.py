"""`snippetrun clean`: away with what killed runs have left."""

from __future__ import annotations

import dataclasses
import shutil

import click

from snippetrun import config
from snippetrun.cli.group import JSON, cli, echo, print_json
from snippetrun.report import json_


@cli.command()
@click.option("--all", "everything", is_flag=True, help="Also images, image stores, and our private engine's data.")
@JSON
def clean(*, everything: bool, as_json: bool) -> None:
    """Remove what runs that were killed have left on the engine.

    Images and image stores stay, as the next build is faster with them; --all removes these too.
    """
    from snippetrun.engine import leftovers
    from snippetrun.engine.discover import host_engine

    removed: list[leftovers.Leftover] = []
    kept: list[leftovers.Leftover] = []
    with host_engine(lambda line: echo(line, err=True)) as engine:
        for item in leftovers.find(engine):
            wanted = not item.in_use and (everything or not item.kept)
            (removed if wanted and leftovers.remove(engine, item) else kept).append(item)
    if everything:
        shutil.rmtree(config.cache_folder(), ignore_errors=True)
    if as_json:
        rows = {"removed": removed, "kept": kept}
        found = {name: [dataclasses.asdict(item) for item in items] for name, items in rows.items()}
        print_json({"schema": json_.SCHEMA, "command": "clean"} | found)
        return
    for item in removed:
        echo(f"removed {item.kind} {item.name} ({item.detail})")
    echo(f"{len(removed)} removed, {len(kept)} kept", err=True)

"""`snippetrun clean`: away with what killed runs have left."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from snippetrun.cli.group import JSON, cli, echo, print_json
from snippetrun.report import json_
from snippetrun.support.units import counted, listed, size_text

if TYPE_CHECKING:
    from snippetrun.engine.leftovers import Leftover


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
        echo(f"removed {item.kind} {item.name}, {size_text(item.size)} ({item.detail})")
    echo(f"removed: {_kinds(cleaned.removed)}", err=True)
    hint = "" if everything or not any(item.kept for item in cleaned.kept) else "; to remove what no run uses: --all"
    echo(f"kept: {_kinds(cleaned.kept)}{hint}", err=True)


def _kinds(items: Sequence[Leftover]) -> str:
    """Return how many there are of each kind, and how large they are."""
    kinds = dict.fromkeys(item.kind for item in items)
    own = {kind: [item.size for item in items if item.kind == kind] for kind in kinds}
    counts = [f"{counted(len(sizes), kind)} ({size_text(sum(sizes))})" for kind, sizes in own.items()]
    return listed(counts) if counts else "nothing"

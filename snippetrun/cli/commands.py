"""All commands, a file for each: importing them adds them to the group."""

from __future__ import annotations

from snippetrun.cli import (  # noqa: F401 - each adds itself to the group
    adopt,
    check,
    clean,
    diff,
    doctor,
    init,
    list_,
    merge,
    run,
    serve,
    shell,
    status,
    update,
)
from snippetrun.cli.group import cli

__all__ = ["cli"]

"""Options and ini values, read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Settings:
    """What a session is to do."""

    site: Path | None
    """The mkdocs.yml that was named."""
    compare: bool
    """Whether what comes out is held against recordings, too."""
    skip: bool
    """Whether a machine without an engine skips snippets; it fails them otherwise."""


def settings(config: pytest.Config) -> Settings:
    """Read them; raise pytest.UsageError for a value that does not exist."""
    mode = _one_of(config, "snippetrun_mode", ("check", "run"))
    no_engine = _one_of(config, "snippetrun_no_engine", ("skip", "fail", ""))
    # On a desktop, whoever has no engine wants to see the other tests pass; in CI nobody would notice what is skipped.
    skip = no_engine == "skip" or (not no_engine and not os.environ.get("CI"))
    return Settings(_site(config), mode == "check", skip)


def _one_of(config: pytest.Config, name: str, values: tuple[str, ...]) -> str:
    value = str(config.getini(name))
    if value not in values:
        raise pytest.UsageError(f"{name}: expects {' or '.join(filter(None, values))}, not {value!r}")
    return value


def _site(config: pytest.Config) -> Path | None:
    if named := config.getoption("snippetrun_config"):
        return Path(config.invocation_params.dir, named)
    if named := config.getini("snippetrun_config"):
        return Path(config.inipath.parent if config.inipath else config.rootpath, named)
    return None

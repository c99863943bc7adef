"""The pytest face: `pytest docs/ --snippetrun` has one test for each snippet.

pytest imports this file in every session of everybody who has snippetrun installed. So it imports nothing of ours until
it is asked for:

- `hooks`: what a conftest.py may provide
- `settings`: options and ini values, read
- `plugin`: pytest's hooks
- `session`: what the pages of a session share
- `items`: pages and snippets as pytest's collectors and items
- `subset`: some snippets of a page, run and told of one by one
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options and ini values."""
    group = parser.getgroup("snippetrun", "docker commands in Markdown pages")
    group.addoption("--snippetrun", action="store_true", help="Run the snippets of Markdown pages as tests.")
    group.addoption(
        "--snippetrun-config",
        metavar="PATH",
        help="The site's mkdocs.yml; if not said, that of the rootdir or of the nearest folder above it.",
    )
    parser.addini("snippetrun", "As --snippetrun.", type="bool", default=False)
    parser.addini("snippetrun_config", "As --snippetrun-config, relative to the ini file.", default="")
    parser.addini(
        "snippetrun_mode",
        "check: hold what comes out against what is written and recorded; run: against what is written alone.",
        default="check",
    )
    parser.addini(
        "snippetrun_no_engine",
        "What to do about snippets on a machine without a Docker engine: skip, or fail. "
        "If not said, fail where CI is set in the environment, and else skip.",
        default="",
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make our hooks known, also while we are not asked for: a conftest.py that has them is always read."""
    from snippetrun.pytest_plugin import hooks

    pluginmanager.add_hookspecs(hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Load the rest if it is asked for."""
    if config.getoption("snippetrun") or config.getini("snippetrun"):
        from snippetrun.pytest_plugin.plugin import Plugin
        from snippetrun.pytest_plugin.settings import settings

        config.pluginmanager.register(Plugin(config, settings(config)), "snippetrun-session")

"""The reference of the command line is what the commands say of themselves."""

from __future__ import annotations

import re

from conftest import REPOSITORY
from helpers.command_page import PAGE, page

_READ = re.compile(r"environ(?:\.get\(|\[)\"([A-Z_]+)\"")  # `os.environ.get("CI")`


def test_the_page_has_the_commands_of_now() -> None:
    assert PAGE.read_text() == page(PAGE.read_text()), "write it anew: make commands"


def test_the_page_names_each_environment_variable_that_is_read() -> None:
    sources = [path.read_text() for path in (REPOSITORY / "snippetrun").rglob("*.py")]
    names = {name for source in sources for name in _READ.findall(source)}
    assert {"SNIPPETRUN_MODE", "CI"} <= names
    assert not [name for name in names if f"`{name}`" not in PAGE.read_text()]

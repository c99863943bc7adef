"""What a conftest.py may provide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from snippetrun.runner import Sandboxes


@pytest.hookspec(firstresult=True)
def pytest_snippetrun_sandboxes(config: pytest.Config) -> Sandboxes | None:
    """Return what prepares the sandboxes of a session; None leaves it to the next plugin, and in the end to ours.

    Called once, when the first page is about to run. See `snippetrun.runner.Sandboxes`, and `snippetrun.sandbox.fake`
    for sandboxes in memory.
    """

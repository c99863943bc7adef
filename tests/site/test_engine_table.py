"""What the site says of itself on two engines is what its recordings say."""

from __future__ import annotations

import pytest
from conftest import REPOSITORY
from helpers.engine_table import PAGE, page


def test_the_table_of_what_differs_is_that_of_the_recordings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert PAGE.read_text() == page(PAGE.read_text()), "write it anew: make engines"

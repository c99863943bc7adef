"""The Debian that images start from, on an engine that does not do what Docker's does."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from snippetrun.engine import base_image
from snippetrun.errors import ImageError, Problem


def test_an_engine_that_loses_the_name_of_what_it_takes_in_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_name: str) -> None:
        raise ImageError(Problem("no registry answers"))

    made: list[str] = []
    monkeypatch.setattr(base_image, "_make", lambda _engine, suite, *_: made.append(suite))
    engine = SimpleNamespace(image=lambda _name: None, pull=refused)
    with pytest.raises(ImageError, match="^the engine has taken snippetrun/base:trixie in, and does not know it"):
        base_image.base(engine, "trixie", print)  # type: ignore[arg-type]
    assert made == ["trixie"]

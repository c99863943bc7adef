"""Several things at a time: pages that run, and images that are made."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from snippetrun.config import ImageSource, SiteConfig
from snippetrun.engine import base_image
from snippetrun.engine.base_image import Base
from snippetrun.runner.prepare import images_of
from snippetrun.sandbox import builder as sandbox_builder
from snippetrun.sandbox import sandbox_image
from snippetrun.support import stopping


def test_calls_are_made_at_the_same_time_and_come_back_as_they_end() -> None:
    last = threading.Event()

    def first() -> str:
        assert last.wait(60)
        return "first"

    def second() -> str:
        return "second"

    ended = stopping.at_once([first, second], 2)
    assert next(ended) == "second"
    last.set()
    assert list(ended) == ["first"]


def test_the_first_that_fails_ends_those_that_have_begun_and_no_other_begins() -> None:
    begun = threading.Barrier(2)
    over: list[str] = []

    def waits() -> None:
        begun.wait(60)
        with pytest.raises(KeyboardInterrupt):
            while True:
                stopping.check()
                time.sleep(0.01)
        over.append("waits")

    def fails() -> None:
        begun.wait(60)
        raise ValueError

    calls: list[Callable[[], None]] = [waits, fails, partial(over.append, "never")]
    with pytest.raises(ValueError, match=r"^$"):
        list(stopping.at_once(calls, 2))
    assert over == ["waits"]


def test_images_are_made_at_the_same_time_and_one_of_several_names_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    both = threading.Barrier(2)
    made: list[str] = []

    def builder(_context: bytes, tag: str) -> None:
        if "/same:" in tag:
            time.sleep(0.05)  # another name of it would be looked for meanwhile
        else:
            both.wait(60)
        made.append(tag)

    engine = SimpleNamespace(image=lambda tag: {"Id": tag} if tag in made else None)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))  # another run may be making images here
    monkeypatch.setattr(base_image, "base", lambda *_: Base("base", "sha256:0", "a test"))
    monkeypatch.setattr(sandbox_image, "sandbox_image_of", lambda *_: "sandbox")
    monkeypatch.setattr(sandbox_builder, "Builder", lambda *_: builder)
    names = ("same:1", "one:1", "same:2", "other:1")
    for name in names:
        folder = tmp_path / name.replace(":", "")  # two of them have the same content
        folder.mkdir()
        (folder / "Dockerfile").write_text("FROM scratch\n")
    sources = tuple(ImageSource(name, name, tmp_path / name.replace(":", "")) for name in names)
    site = SiteConfig(tmp_path, tmp_path, "mkdocs.yml", images=sources, jobs=4)
    _, provided = images_of(engine, site, print)  # type: ignore[arg-type] # it is asked for images alone
    assert [image.name for image in provided] == [*names]
    assert sorted(made) == sorted({image.tag for image in provided})
    assert len(made) == 3

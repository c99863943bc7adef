"""Several things at a time: pages that run, and images that are made."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from snippetrun.config import ImageSource, SiteConfig
from snippetrun.engine import base_image, images
from snippetrun.engine.images import HostImage
from snippetrun.runner.prepare import images_of
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


def test_images_are_made_at_the_same_time_but_for_those_of_one_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    both, lock = threading.Barrier(2), threading.Lock()

    def provide(_engine: object, source: ImageSource, *_: object) -> HostImage:
        if source.build == "same":
            assert lock.acquire(blocking=False)
            time.sleep(0.05)  # the other would begin meanwhile
            lock.release()
        else:
            both.wait(60)
        return HostImage(source.name, source.build, "", "", "")

    monkeypatch.setattr(images, "provide", provide)
    monkeypatch.setattr(base_image, "base", lambda *_: None)
    monkeypatch.setattr(sandbox_image, "sandbox_image_of", lambda *_: "sandbox")
    folders = {"a:1": "same", "b:1": "one", "a:2": "same", "c:1": "other"}
    sources = tuple(ImageSource(name=name, build=folder) for name, folder in folders.items())
    site = SiteConfig(Path(), Path(), "mkdocs.yml", images=sources, jobs=3)
    _, made = images_of(None, site, print)  # type: ignore[arg-type] # no engine is asked
    assert {image.name: image.tag for image in made} == folders
    assert [image.name for image in made] == [*folders]

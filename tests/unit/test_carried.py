"""A site's images on their way to an engine that is played."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.runs import SITE

from snippetrun.engine.images import HostImage
from snippetrun.errors import ImageError, Problem
from snippetrun.runner import carried
from snippetrun.runner.carried import Carried, LackingError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep locks away from the real ones."""
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path))


class Host:
    """A worker's engine: the ids of its images by their names."""

    def __init__(self, **images: str) -> None:
        self.images = images | {image: image for image in images.values()}
        self.loaded: list[bytes] = []
        self.registry: dict[str, str] = {}

    def image(self, name: str) -> dict[str, str] | None:
        return {"Id": self.images[name]} if name in self.images else None

    def tag(self, image: str, name: str) -> None:
        self.images[name] = self.images[image]

    def pull(self, name: str) -> None:
        if name not in self.registry:
            raise ImageError(Problem("no registry"))
        self.images[name] = self.registry[name]

    def load(self, parts: Iterator[bytes]) -> None:
        self.loaded += parts
        self.images |= {"carried:box": "sha256:box", "carried:pod": "sha256:pod", "carried:web": "sha256:web"}


def fetch(piece: str) -> bytes:
    if piece == "gone":
        raise LookupError(piece)
    return piece.encode()


BOX = HostImage("sandbox", "carried:box", "sha256:box", "", "")
POD = HostImage("pod:latest", "carried:pod", "sha256:pod", "images/pod", "", built=True)
WEB = HostImage("web:latest", "carried:web", "sha256:web", "web@sha256:1", "")
CARRIED = Carried(BOX, (POD, WEB), frozenset({WEB.tag}), fetch)


def take(images: Carried, engine: Any) -> tuple[str, list[str]]:  # noqa: ANN401 - played
    sandbox, provided = images._take(engine, SITE, print)
    return sandbox, [image.id for image in provided]


def test_an_engine_that_has_an_image_under_another_name_needs_nothing() -> None:
    host = Host(a="sha256:box", b="sha256:pod", c="sha256:web")
    assert take(CARRIED, host) == ("carried:box", ["sha256:pod", "sha256:web"])
    assert host.loaded == []


def test_an_image_of_a_registry_is_pulled_by_its_digest() -> None:
    host = Host(a="sha256:box", b="sha256:pod")
    host.registry["web@sha256:1"] = "sha256:web"
    assert take(CARRIED, host) == ("carried:box", ["sha256:pod", "sha256:web"])
    assert host.loaded == []


def test_what_an_engine_lacks_is_said_and_then_taken_out_of_the_archive_once() -> None:
    host = Host(a="sha256:box")
    with pytest.raises(LackingError) as lacking:
        take(CARRIED, host)
    assert lacking.value.names == {"carried:pod", "carried:web"}
    sent = dataclasses.replace(CARRIED, archived=lacking.value.names, pieces=("one", "two"))
    for _ in range(2):
        assert take(sent, host) == ("carried:box", ["sha256:pod", "sha256:web"])
    assert host.loaded == [b"one", b"two"]


def test_an_archive_of_which_a_piece_is_gone_is_asked_for_again() -> None:
    sent = dataclasses.replace(CARRIED, archived=frozenset({BOX.tag, POD.tag, WEB.tag}), pieces=("one", "gone"))
    with pytest.raises(LackingError) as lacking:
        take(sent, Host())
    assert lacking.value.pieces == sent.pieces


def test_an_archive_travels_in_pieces_of_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carried, "_PIECE", 4)
    assert [*carried._pieces([b"ab", b"cde", b"f"])] == [b"abcde", b"f"]

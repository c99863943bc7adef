"""Sizes of what a page has built, in whole blocks of the disk.

What is unpacked takes whole blocks, as many in every run. On top come the archives of layers and the descriptions of
images, which hold times: a few bytes more or less, which may show in the last digit. What takes no block, such as an
image without layers, is of these alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from snippetrun.stable.chance import number
from snippetrun.stable.ids import Ids
from snippetrun.stable.lives import Lives
from snippetrun.stable.place import Place
from snippetrun.stable.stats import size
from snippetrun.stable.text import Edit

_BLOCK = 4096
_LITTLE = 500
"""The unit of what is less than a block."""
_ROUNDED = 0.005
"""By which share of itself a size of three digits may be less than what it stands for."""
_SMALL = re.compile(r"\b\d+(?:\.\d+)?k?B")
"""Of larger sizes docker shows too few digits for some bytes to matter."""
_SAID = re.compile(
    r"(?:\t(?:true|false) *\t+|^(?:Shared|Private|Reclaimable|Total|Size):\t+"
    r"|^(?:Build cache usage|Total reclaimed space): )"
    rf"(?P<value>(?P<size>{_SMALL.pattern})(?P<shared>\*?)(?P<room> *))"
)
_LISTS = re.compile(r"\bdocker (?:buildx|builder|image|system) ")
"""A command that says so, where another program may say anything."""
_EXACT = re.compile(r"\b(?:container|volume) prune\b")
"""A command that reclaims no archive."""
_BYTES = re.compile(r'"(?:Virtual)?Size": (?P<value>\d{3,18})\b')
_ONLY_BYTES = re.compile(r"(?P<value>\d{3,18})")
_INSPECTS = re.compile(r"\bdocker (?:image )?inspect\b")
_ASKS_FOR_BYTES = re.compile(rf"{_INSPECTS.pattern}.*\.(?:Virtual)?Size\b")
_DIGEST = re.compile(r'"digest": "sha256:([0-9a-f]{64})"')
_OF_A_DIGEST = re.compile(r'"size": (?P<value>\d{3,4})$')


def whole(text: str) -> int:
    """Return how many bytes a size is in whole blocks, as docker writes it."""
    return _floor(size(text) * (1 + _ROUNDED))


def edits(line: str, place: Place) -> Iterator[Edit]:
    """Find such sizes in a line that is in no table."""
    if _LISTS.search(place.command) and not _EXACT.search(place.command):
        for found in _SAID.finditer(line):
            new = _shown(found["size"], 4) + found["shared"]
            yield Edit(*found.span("value"), new.ljust(len(found["value"])) if found["room"] else new)
    if not _INSPECTS.search(place.command):
        return
    bare = _ONLY_BYTES.fullmatch(line) if _ASKS_FOR_BYTES.search(place.command) else None
    for found in [bare] if bare else _BYTES.finditer(line):
        if least := _floor(int(found["value"])):
            yield Edit(*found.span("value"), str(least + number(_unit(least), "size", least)))


def below_digests(lines: Sequence[str], ids: Ids, place: Place) -> Iterator[tuple[int, Edit]]:
    """Find the sizes of what the page has made in descriptions of images, each below a digest."""
    for index, (above, line) in enumerate(pairwise(lines), 1):
        digest, found = _DIGEST.search(above), _OF_A_DIGEST.search(line)
        if digest and found and not ids.is_stored(digest[1]):
            order = 10 ** (len(found["value"]) - 1)
            yield index, Edit(*found.span("value"), str(order + number(order, *place.next("size"))))


def cell(heading: str, field: str, fields: Mapping[str, str], lives: Lives) -> str:
    """Return what a field of a row becomes, if it is the size of an image of the page, or of a build cache."""
    if fields.get("TYPE") == "Build Cache":
        return _SMALL.sub(lambda found: _shown(found[0], 4), field)
    if not heading.endswith("SIZE"):
        return field
    if "REPOSITORY" in fields:
        name = f"{fields['REPOSITORY']}:{fields.get('TAG', 'latest')}"
        built = lives.knows_images and not lives.is_stored(fields.get("IMAGE ID") or lives.image_named(name))
    else:
        built = "CACHE ID" in fields
    return _SMALL.sub(lambda found: _shown(found[0], 3), field) if built else field


def _unit(count: float) -> int:
    return _BLOCK if count >= _BLOCK else _LITTLE


def _floor(count: float) -> int:
    return int(count // _unit(count)) * _unit(count)


def _shown(text: str, digits: int) -> str:
    """Write a size in whole blocks with as many digits as docker shows; what is next to nothing stays."""
    least = whole(text)
    return f"{least / 1000:.{digits}g}kB" if least >= 1000 else f"{least}B" if least else text

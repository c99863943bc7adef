"""What a build has made, as a stranger's archive: of `docker save`'s only the one image comes through, under our name.

A page could have written that archive. So it is read with nothing but the kinds of entries that the engine inside
writes, and within limits, by which a layer counts as what it is unpacked to.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Protocol

from snippetrun.errors import ImageError, Problem
from snippetrun.support.limits import Limits

_BLOCK = 512
_PART = 1 << 20
_TEXT_BYTES = 4_000_000
"""No manifest, configuration or header is longer."""
_ENTRIES = 1000
_LAYERS = 127
"""An engine takes no more."""
# blobs/sha256/5f70bf18a086..., and of engines before 25: 5f70bf18a086....json, 0f470ba0e0a1.../layer.tar
_BLOB = re.compile(r"blobs/sha256/[0-9a-f]{64}|[0-9a-f]{64}(?:\.json|/layer\.tar)")
_GZIP = b"\x1f\x8b"
# Engines know more ways, which we do not measure: bzip2, xz, zstd, and zstd behind a frame that is skipped.
_COMPRESSED = re.compile(rb"BZh|\xfd7zXZ|\x28\xb5\x2f\xfd|.\x2a\x4d\x18", re.DOTALL)
_EMPTY = {tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE}
"""Kinds of entries that have no content, whatever size they state."""
_MORE = {tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}
"""Kinds that say more about the next entry."""
_IN_ARCHIVE = {tarfile.REGTYPE, tarfile.DIRTYPE}
_IN_LAYER = {tarfile.REGTYPE, *_EMPTY, *_MORE}
_OTHER_SIZE = re.compile(rb"^\+?\d+ (?:size=|GNU\.sparse)", re.MULTILINE)
"""The next entry has another size than it states: `22 GNU.sparse.major=1`."""


@contextmanager
def only(tag: str, archive: Iterable[bytes], limits: Limits, scratch: Path | None = None) -> Iterator[IO[bytes]]:
    """Yield an archive for `docker load` with the one image of this one, named `tag` and nothing else.

    Its files are in the folder `scratch`, or where the system has its temporary ones. Raises ImageError if it is not
    one image, or takes more than the limits' disk and files.
    """
    with TemporaryDirectory(prefix="snippetrun-", dir=scratch) as folder:
        clean = Path(folder) / "clean"
        try:
            manifest = _unpack(archive, Path(folder), limits)
            _pack(tag, manifest, Path(folder), clean, limits)
        except (tarfile.TarError, ValueError, TypeError, EOFError, OSError, RecursionError, zlib.error) as error:
            raise ImageError(Problem(f"this is no image: {error}")) from error
        with clean.open("rb") as content:
            yield content


def _unpack(archive: Iterable[bytes], folder: Path, limits: Limits) -> object:
    """Put the blobs of an archive into a folder, as `_blob` finds them; return its manifest."""
    manifest: object = None
    room = _Room(limits.disk, _ENTRIES)
    for entry, content in _entries(_Joined(archive), _IN_ARCHIVE):
        room.take(entry.size)
        if entry.name == "manifest.json":
            manifest = json.loads(_whole(entry, content))
        elif _BLOB.fullmatch(entry.name):
            with _file(folder, entry.name).open("wb") as blob:
                blob.writelines(content)
    return manifest


def _pack(tag: str, manifest: object, folder: Path, clean: Path, limits: Limits) -> None:
    match manifest:
        case [{"Config": str(config), "Layers": [*layers]}] if len(layers) <= _LAYERS:
            blobs = [_blob(folder, name) for name in (config, *layers)]
        case _:
            raise ValueError("its manifest names no image, or several")
    if blobs[0].stat().st_size > _TEXT_BYTES:
        raise ValueError("its configuration is too long")
    room, packed = _Room(limits.disk, limits.files), _Room(limits.disk, _ENTRIES)
    for blob in blobs[1:]:
        packed.take(blob.stat().st_size)  # a manifest may name the same blob many times
        _measure(blob, room)
    names = ["config.json", *(f"{number}/layer.tar" for number in range(len(layers)))]
    own = json.dumps([{"Config": names[0], "RepoTags": [tag], "Layers": names[1:]}]).encode()
    with tarfile.open(clean, "w") as tar:
        for name, blob in zip(names, blobs, strict=True):
            entry = tarfile.TarInfo(name)
            entry.size = blob.stat().st_size
            with blob.open("rb") as content:
                tar.addfile(entry, content)
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(own)
        tar.addfile(entry, io.BytesIO(own))


def _blob(folder: Path, name: object) -> Path:
    if not _BLOB.fullmatch(str(name)) or not _file(folder, str(name)).is_file():
        raise ValueError("its manifest names what is not there")
    return _file(folder, str(name))


def _file(folder: Path, name: str) -> Path:
    return folder / name.replace("/", "-")


def _measure(layer: Path, room: _Room) -> None:
    """Take what a layer is unpacked to out of the room that there is."""
    with layer.open("rb") as packed:
        start = packed.read(_BLOCK)
        packed.seek(0)
        if _COMPRESSED.match(start):
            raise ValueError("a layer is compressed in a way that cannot be measured")
        with gzip.open(packed) if start.startswith(_GZIP) else packed as content:
            for entry, parts in _entries(content, _IN_LAYER):
                room.take(entry.size)
                if entry.type in _MORE and _OTHER_SIZE.search(_whole(entry, parts)):
                    raise ValueError("a layer has a file whose size is not the one that it states")
            while rest := content.read(_PART):  # whoever unpacks it reads on behind the archive's end
                if rest.strip(b"\0"):
                    raise ValueError("a layer goes on behind its end")
                room.take(len(rest))


class _Room:
    """What is left of the limits."""

    def __init__(self, size: int, files: int) -> None:
        self._size, self._files = size, files

    def take(self, size: int) -> None:
        """Take a file's size; raise ValueError if there is no room for it."""
        self._size -= size
        self._files -= 1
        if self._size < 0 or self._files < 0:
            raise ValueError("it is larger than what a build may take")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Joined:
    """Parts of bytes, read as one file."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts, self._rest = iter(parts), bytearray()

    def read(self, size: int) -> bytes:
        while len(self._rest) < size and (part := next(self._parts, b"")):
            self._rest += part
        read = bytes(self._rest[:size])
        del self._rest[:size]
        return read


def _entries(archive: _Readable, allowed: set[bytes]) -> Iterator[tuple[tarfile.TarInfo, Iterator[bytes]]]:
    """Yield the entries of a tar archive with their content; raise ValueError for one that is not allowed.

    Not with `tarfile.open`: that follows what entries say about the next one, however long that is.
    """
    while (block := archive.read(_BLOCK)).strip(b"\0"):
        entry = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if entry.type not in allowed or entry.size < 0:
            raise ValueError(f"an entry is of an unknown kind, {entry.type!r}")
        if entry.type in _EMPTY:
            entry.size = 0
        content = _parts(archive, entry.size)
        yield entry, content
        for _ in content:
            pass
        archive.read(-entry.size % _BLOCK)


def _parts(archive: _Readable, size: int) -> Iterator[bytes]:
    while size:
        part = archive.read(min(size, _PART))
        if not part:
            raise EOFError("it ends too early")
        size -= len(part)
        yield part


def _whole(entry: tarfile.TarInfo, content: Iterable[bytes]) -> bytes:
    if entry.size > _TEXT_BYTES:
        raise ValueError("a header is too long")
    return b"".join(content)

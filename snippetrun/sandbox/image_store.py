"""The image store: a volume that holds all images of a site, ready for any number of engines to read.

It is filled once for each set of images, by an engine in the same kind of user namespace as a page's, since the files
of an image carry that namespace's owners and extended attributes. What its name is made of decides what is in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce

from snippetrun.config import cache_folder
from snippetrun.engine import leftovers
from snippetrun.engine.client import HostEngine
from snippetrun.engine.images import HostImage
from snippetrun.engine.labels import SITE, STORE, labels
from snippetrun.errors import ImageError, Problem
from snippetrun.model import ImageFact
from snippetrun.sandbox.live import LiveSandbox, fill_specification, sandbox
from snippetrun.support.limits import beyond_users
from snippetrun.support.locks import locked, locked_if_free
from snippetrun.support.units import counted

_BLOBS = "/template/containerd/io.containerd.content.v1.content/blobs"
_MADE = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())
"""When the images that a site builds itself say that they were made; seconds since 1970."""
_REDATE = "cd /usr/local/lib/snippetrun && python3 -m redate"


@dataclass(frozen=True, slots=True)
class Store:
    """A filled store on the host's engine."""

    volume: str
    key: str
    """Hex SHA-256 of the sandbox's image and of every image's name and id."""
    facts: tuple[ImageFact, ...]
    """The images in it; their digests stand in the store itself."""


def store(
    engine: HostEngine, site: str, sandbox_image: str, images: Sequence[HostImage], say: Callable[[str], None]
) -> Store:
    """Return the store that holds these images, filled if there is none yet; it takes the place of the site's last.

    Raises ImageError or SandboxError if it cannot be filled; the volume goes with the session on the engine.
    """
    parts = [sandbox_image, *(f"{image.name} {image.id} {made}" for image, made in _made(images))]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    facts = tuple(ImageFact(image.name, "", image.origin, image.stand_in) for image in images)
    own = Store(f"snippetrun-store-{key[:16]}", key, facts)
    # A volume cannot say that it is complete, and one of a run that was killed is not. A tag on the host can.
    filled = leftovers.filled(key)
    if engine.image(filled) is None or not engine.has_volume(own.volume):
        engine.remove_image(filled)  # of a volume that is gone; it would speak for one that is only begun
        engine.remove_volume(own.volume)
        say(f"filling the image store with {counted(len(images), 'image')}")
        _fill(engine, site, sandbox_image, images, own)
        engine.tag(sandbox_image, filled)
        for other in engine.ours()["volumes"]:
            if other["Labels"].get(SITE) == site and other["Name"] != own.volume:
                _remove_unused(engine, other["Name"])
    return own


def used(volume: str) -> AbstractContextManager[object]:
    """Return a lock that keeps a store for as long as it is held: between two pages no sandbox has it."""
    return locked(cache_folder() / "stores" / volume, shared=True)


def _remove_unused(engine: HostEngine, volume: str) -> None:
    lock = cache_folder() / "stores" / volume
    if lock.exists():
        with locked_if_free(lock) as free:
            if free and engine.remove_volume(volume):
                lock.unlink(missing_ok=True)
    else:
        engine.remove_volume(volume)


def _fill(engine: HostEngine, site: str, sandbox_image: str, images: Sequence[HostImage], new: Store) -> None:
    engine.create_volume(new.volume, labels(STORE, key=new.key, site=site))
    spec = fill_specification(sandbox_image, new.volume)
    with sandbox(engine, spec) as filler:
        digests: dict[str, str] = {}
        if images:
            _do(filler, ["docker", "load", "--quiet"], engine.save([image.tag for image in images]))
            digests = _adopt(filler, images)
        lines = "".join(f"{name} {digest}\n" for name, digest in digests.items())
        _do(filler, ["sh", "-c", "cat > /template/images"], [lines.encode()])
        _stock_hub(filler)
        filler.feed(["kill", "-TERM", "1"])
        if not filler.wait(60):
            raise ImageError(Problem("the image store's engine did not stop", "Type the same command once more."))


def _do(filler: LiveSandbox, command: Sequence[str], content: Iterator[bytes] | Sequence[bytes] = ()) -> None:
    """Run a command with `content` on its stdin; raise ImageError with what it says if it fails."""
    # What it does not read is read for it, or nobody would be told that it has failed.
    script = '"$@" 2>&1; echo "status $?"; cat > /dev/null'
    answer, _, status = (
        filler.feed(["sh", "-c", script, "sh", *command], content).decode(errors="replace").rpartition("status ")
    )
    if status.strip() != "0":
        hint = "Make room on the disk of the Docker engine." if "no space left" in answer else beyond_users(answer)
        raise ImageError(Problem(f"the image store cannot be filled: {' '.join(answer.split())[-500:]}", hint))


def _made(images: Sequence[HostImage]) -> list[tuple[HostImage, int]]:
    """Return when each image is to have been made, in seconds since 1970; 0 for one that keeps its date.

    Those that the site builds are as old as each other on every machine, and a minute apart: docker lists the newest
    first.
    """
    return [(image, _MADE - 60 * index if image.built else 0) for index, image in enumerate(images)]


def _adopt(filler: LiveSandbox, images: Sequence[HostImage]) -> dict[str, str]:
    """Give loaded images the names that pages use, and no others; return their digests."""
    loaded = {image.name: _digest(filler, image.tag) for image in images}
    made = [f"{image.name} {loaded[image.name]} {made}\n" for image, made in _made(images) if made]
    _do(
        filler,
        ["bash", "-o", "pipefail", "-c", f"{_REDATE} archive {_BLOBS} | docker load --quiet"],
        ["".join(made).encode()],
    )
    for image in images:
        if not image.built:
            _do(filler, ["docker", "tag", image.tag, image.name])
    digests = {image.name: _keep(filler, image.name) for image in images}
    before = {image.name: loaded[image.name] if image.built else "-" for image in images}
    lines = "".join(f"{name} {digest} {before[name]}\n" for name, digest in digests.items())
    _do(filler, ["sh", "-c", f"{_REDATE} facts {_BLOBS} > /template/facts"], [lines.encode()])
    _do(filler, ["docker", "rmi", *dict.fromkeys(image.tag for image in images)])  # one may have several names
    return digests


def _digest(filler: LiveSandbox, name: str, more: str = "") -> str:
    """Return an image's digest as its engine has it, and `more` that its template says."""
    command = ["docker", "image", "inspect", "--format", "{{.Id}}" + more, name]
    digest = filler.feed(command).decode(errors="replace").strip()
    if not digest.startswith("sha256:"):
        raise ImageError(Problem(f"the image {name} cannot be put into the image store: {digest}"))
    return digest


def _keep(filler: LiveSandbox, name: str) -> str:
    """Keep what an image is unpacked to for as long as there is the image; return its digest."""
    digest, *layers = _digest(filler, name, "{{range .RootFS.Layers}} {{.}}{{end}}").split()
    # The engine says so itself only of the first image with these layers: on a page without that one, containerd would
    # remove what the others were unpacked to.
    keep = f"containerd.io/gc.ref.snapshot.overlayfs={chain_id(layers)}"
    containerd = ["ctr", "--address", "/run/containerd/containerd.sock", "--namespace", "moby"]
    _do(filler, [*containerd, "content", "label", digest, keep])
    return digest


def chain_id(layers: Sequence[str]) -> str:
    """Return the name of the snapshot that these layers, by their digests, were unpacked to.

    https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid
    """
    return reduce(lambda below, layer: f"sha256:{hashlib.sha256(f'{below} {layer}'.encode()).hexdigest()}", layers)


def _stock_hub(filler: LiveSandbox) -> None:
    """Give the registry that a page's Docker Hub begins with the same images."""
    script = 'cd /usr/local/lib/snippetrun && python3 -m hub.seed "$1" /template/registry < /template/images'
    answer = filler.feed(["sh", "-c", script, "sh", _BLOBS]).decode(errors="replace")
    if not answer.endswith("stocked\n"):
        raise ImageError(Problem(f"the images cannot be put on the pages' Docker Hub: {answer.strip()}"))

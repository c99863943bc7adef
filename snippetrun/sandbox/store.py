"""The image store: a volume that holds all images of a site, ready for any number of engines to read.

It is filled once for each set of images, by an engine in the same kind of user namespace as a page's, since the files
of an image carry that namespace's owners and extended attributes. What its name is made of decides what is in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

from snippetrun.engine.host import HostEngine
from snippetrun.engine.images import HostImage
from snippetrun.engine.labels import SITE, STORE, labels
from snippetrun.errors import ImageError, Problem
from snippetrun.model import ImageFact
from snippetrun.sandbox.live import LiveSandbox, sandbox, specification


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

    Raises ImageError or SandboxError if it cannot be filled; then no volume is left.
    """
    parts = [sandbox_image, *sorted(f"{image.name} {image.id}" for image in images)]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    facts = tuple(ImageFact(image.name, "", image.origin, image.stand_in) for image in images)
    found = Store(f"snippetrun-store-{key[:16]}", key, facts)
    # A volume cannot say that it is complete, and one of a run that was killed is not. A tag on the host can.
    filled = f"snippetrun/store:{key[:16]}"
    if engine.image(filled) is None or not engine.has_volume(found.volume):
        say(f"filling the image store with {len(images)} images")
        engine.remove_volume(found.volume)
        _fill(engine, site, sandbox_image, images, found)
        engine.tag(sandbox_image, filled)
        for other in engine.ours()["volumes"]:
            if other["Labels"].get(SITE) == site and other["Name"] != found.volume:
                engine.remove_volume(other["Name"])
    return found


def _fill(engine: HostEngine, site: str, sandbox_image: str, images: Sequence[HostImage], new: Store) -> None:
    engine.create_volume(new.volume, labels(STORE, key=new.key, site=site))
    spec = specification(sandbox_image, new.volume)
    try:
        with sandbox(engine, spec) as filler:
            if images:
                filler.feed(["docker", "load", "--quiet"], engine.save([image.tag for image in images]))
            lines = "".join(f"{image.name} {_adopt(filler, image)}\n" for image in images)
            filler.feed(["sh", "-c", "cat > /template/images"], [lines.encode()])
            _stock_hub(filler)
            filler.feed(["kill", "-TERM", "1"])
            if not filler.wait(60):
                raise ImageError(Problem("the image store's engine did not stop", "Type the same command once more."))
    except BaseException:
        engine.remove_volume(new.volume)
        raise


def _adopt(filler: LiveSandbox, image: HostImage) -> str:
    """Give a loaded image the name that pages use, and no other; return its digest."""
    script = """
    docker tag "$1" "$2" && docker rmi "$1" >/dev/null &&
    docker image inspect --format '{{.Id}}{{range .RootFS.Layers}} {{.}}{{end}}' "$2"
    """
    said = filler.feed(["sh", "-c", script, "sh", image.tag, image.name]).decode(errors="replace").strip()
    if not said.startswith("sha256:"):
        raise ImageError(Problem(f"the image {image.name} cannot be put into the image store: {said}"))
    digest, *layers = said.split()
    # The engine says so itself only of the first image with these layers: on a page without that one, containerd would
    # remove what the others were unpacked to.
    keep = f"containerd.io/gc.ref.snapshot.overlayfs={chain_id(layers)}"
    filler.feed(
        ["ctr", "--address", "/run/containerd/containerd.sock", "--namespace", "moby", "content", "label", digest, keep]
    )
    return digest


def chain_id(layers: Sequence[str]) -> str:
    """Return the name of the snapshot that these layers, by their digests, were unpacked to.

    https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid
    """
    return reduce(lambda below, layer: f"sha256:{hashlib.sha256(f'{below} {layer}'.encode()).hexdigest()}", layers)


def _stock_hub(filler: LiveSandbox) -> None:
    """Give the registry that a page's Docker Hub begins with the same images."""
    blobs = "/template/containerd/io.containerd.content.v1.content/blobs"
    script = 'cd /usr/local/lib/snippetrun && python3 -m hub.stock "$1" /template/registry < /template/images'
    said = filler.feed(["sh", "-c", script, "sh", blobs]).decode(errors="replace")
    if not said.endswith("stocked\n"):
        raise ImageError(Problem(f"the images cannot be put on the pages' Docker Hub: {said.strip()}"))

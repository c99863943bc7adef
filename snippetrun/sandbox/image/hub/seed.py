"""What is on the Hub from the start: the images of the store, laid out as the registry would have written them.

python3 -m hub.seed BLOBS REGISTRY < IMAGES

BLOBS is containerd's folder of blobs, and REGISTRY the registry's, which is made. IMAGES has a line for each image, its
name with its tag and its digest. No byte is copied: the registry's blobs are containerd's, by hard links. The layout:
https://pkg.go.dev/github.com/docker/distribution/registry/storage
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from .access import OFFICIAL


def on_hub(name: str) -> tuple[str, str] | None:
    """Return the repository and the tag that an image has on Docker Hub; None if its name is another registry's."""
    repository, _, tag = name.removeprefix("docker.io/").rpartition(":")
    first, slash, _ = repository.partition("/")
    if not slash:
        return f"{OFFICIAL}/{repository}", tag
    return None if "." in first or ":" in first or first == "localhost" else (repository, tag)


def manifests(registry: Path, repository: str) -> Path:
    """Return the folder that a repository has as soon as there is an image in it."""
    return _repository(registry, repository) / "_manifests"


def seed(blobs: Path, registry: Path, images: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Put images, by name and digest, into a new registry; return the repository of each blob, the first of several."""
    _root(registry).mkdir(parents=True)  # also if there is nothing for it
    sources: dict[str, str] = {}
    for name, digest in images:
        place = on_hub(name)
        if place is None:
            continue
        repository, tag = place
        for manifest in _manifests(blobs, digest):
            _put(blobs, registry, manifest)
            _link(manifests(registry, repository) / "revisions" / _path(manifest), manifest)
            for blob in _blobs(blobs, manifest):
                _put(blobs, registry, blob)
                _link(_repository(registry, repository) / "_layers" / _path(blob), blob)
                sources.setdefault(blob, repository)
        tagged = manifests(registry, repository) / "tags" / tag
        _link(tagged / "index" / _path(digest), digest)
        _link(tagged / "current", digest)
    return sources


def _manifests(blobs: Path, digest: str) -> Iterator[str]:
    """Yield an image's manifest, and if that is an index those of the platforms that we have."""
    yield digest
    for descriptor in json.loads((blobs / _path(digest)).read_bytes()).get("manifests", []):
        child = descriptor["digest"]
        if all((blobs / _path(needed)).exists() for needed in chain([child], _blobs(blobs, child))):
            yield from _manifests(blobs, child)


def _blobs(blobs: Path, manifest: str) -> Iterator[str]:
    content = json.loads((blobs / _path(manifest)).read_bytes())
    for descriptor in [content.get("config"), *content.get("layers", [])]:
        if descriptor:
            yield descriptor["digest"]


def _put(blobs: Path, registry: Path, digest: str) -> None:
    algorithm, _, word = digest.partition(":")
    data = _root(registry) / "blobs" / algorithm / word[:2] / word / "data"
    if not data.exists():
        data.parent.mkdir(parents=True)
        os.link(blobs / _path(digest), data)


def _link(folder: Path, digest: str) -> None:
    """Write the registry's kind of link: a file that says which digest is meant."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "link").write_text(digest)


def _path(digest: str) -> str:
    return digest.replace(":", "/")


def _root(registry: Path) -> Path:
    return registry / "docker/registry/v2"


def _repository(registry: Path, name: str) -> Path:
    return _root(registry) / "repositories" / name


def main() -> None:
    """Fill the registry, and tell containerd where its blobs are from, as if it had pulled them."""
    lines = (line.split() for line in sys.stdin)
    sources = seed(Path(sys.argv[1]), Path(sys.argv[2]), ((name, digest) for name, digest in lines))
    label = ["ctr", "--address", "/run/containerd/containerd.sock", "--namespace", "moby", "content", "label"]
    for blob, repository in sources.items():  # so a push of an image made from them says "Mounted from"
        source = f"containerd.io/distribution.source.docker.io={repository}"
        subprocess.run([*label, blob, source], check=True, stdout=subprocess.DEVNULL)
    sys.stdout.write("stocked\n")


if __name__ == "__main__":
    main()

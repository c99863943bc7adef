"""Gives images of the store the past that they have on every machine, and tells what they are made of.

    python3 -m redate archive BLOBS < IMAGES > ARCHIVE
    python3 -m redate facts BLOBS < IMAGES > FACTS

BLOBS is containerd's folder of blobs. For `archive`, IMAGES has a line for each image: the name that it gets, its
digest, and when it is to have been made, in seconds since 1970. ARCHIVE is for `docker load`, an OCI image layout
without the layers, as the engine has these: https://github.com/opencontainers/image-spec/blob/main/image-layout.md

For `facts`, the lines are its name, its digest, and the digest that it was built with, `-` if it was not built here.
FACTS has a JSON object for each:

    name
    digests   all that it is made of, manifests, configurations, layers, and what the old builder has copied, each as
              64 digits, in an order that depends on its structure alone
    stored    from when to when it was put into the store: `2026-11-25T10:00:00+00:00/2026-11-25T10:10:00+00:00`
    built     the same of its build; not there if it was not built here
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from .image import INDEX, aged, as_bytes, facts


def archive(blobs: Path, images: Iterable[list[str]], out: BinaryIO) -> None:
    """Write an archive of aged images."""
    manifests = []
    with tarfile.open(fileobj=out, mode="w|") as tar:

        def write(name: str, data: bytes) -> None:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))

        def put(data: bytes) -> str:
            word = hashlib.sha256(data).hexdigest()
            write(f"blobs/sha256/{word}", data)
            return f"sha256:{word}"

        for name, digest, made in images:
            kind, new, size = aged(blobs, digest, datetime.fromtimestamp(int(made), UTC), put)
            notes = {"io.containerd.image.name": _whole(name), "org.opencontainers.image.ref.name": name.split(":")[-1]}
            manifests.append({"mediaType": kind, "digest": new, "size": size, "annotations": notes})
        write("index.json", as_bytes({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}))
        write("oci-layout", as_bytes({"imageLayoutVersion": "1.0.0"}))


def _whole(name: str) -> str:
    """Return an image's name as containerd knows it."""
    first, slash, _ = name.partition("/")
    if not slash:
        return f"docker.io/library/{name}"
    return name if "." in first or ":" in first else f"docker.io/{name}"


def main() -> None:
    """Do what the command line says."""
    what, folder = sys.argv[1:]
    lines = (line.split() for line in sys.stdin)
    if what == "archive":
        archive(Path(folder), lines, sys.stdout.buffer)
        return
    for name, digest, before in lines:
        sys.stdout.write(json.dumps(facts(Path(folder), name, digest, before)) + "\n")


if __name__ == "__main__":
    main()

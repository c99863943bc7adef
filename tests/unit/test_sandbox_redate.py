"""The past of the site's images; what an engine makes of it stands in test_facts_engine.py."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from snippetrun.sandbox.image.redate import __main__ as program
from snippetrun.sandbox.image.redate.image import facts

MADE = "1793577600"
LAYER, UNPACKED = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
CONFIG = {
    "created": "2026-11-25T10:59:21.123456789Z",
    "config": {"Cmd": ["bash"], "Labels": {"io.snippetrun.session": "vm 1", "mine": "kept"}},
    "history": [
        {"created": "2026-09-08T00:00:00Z", "comment": "base"},
        {"created": "2026-11-25T10:58:00.5Z"},
        {"created": "2026-11-25T10:59:21.1Z", "empty_layer": True},
    ],
    "rootfs": {"type": "layers", "diff_ids": [UNPACKED]},
}


def put(blobs: Path, value: object) -> dict[str, Any]:
    """Put a blob where containerd would; return its descriptor."""
    data = json.dumps(value).encode()
    word = hashlib.sha256(data).hexdigest()
    (blobs / "sha256").mkdir(exist_ok=True)
    (blobs / "sha256" / word).write_bytes(data)
    return {"digest": f"sha256:{word}", "size": len(data)}


@pytest.fixture
def image(tmp_path: Path) -> str:
    config = put(tmp_path, CONFIG)
    manifest = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": [{"digest": LAYER}],
    }
    return str(put(tmp_path, manifest)["digest"])


def archived(blobs: Path, *images: tuple[str, str]) -> dict[str, Any]:
    """The files of an archive in which these images are as old as they should be."""
    out = io.BytesIO()
    program.archive(blobs, [[name, digest, MADE] for name, digest in images], out)
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        files = {entry.name: tar.extractfile(entry) for entry in tar}
        found = {name: file.read() for name, file in files.items() if file}
    for name, data in found.items():
        assert not name.startswith("blobs/") or name == f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"
    return {name: json.loads(data) for name, data in found.items()}


def blob(files: dict[str, Any], digest: str) -> Any:  # noqa: ANN401 - JSON
    return files[f"blobs/{digest.replace(':', '/')}"]


def test_an_image_is_as_old_as_it_should_be_and_else_the_same(tmp_path: Path, image: str) -> None:
    files = archived(tmp_path, ("debian:latest", image))
    [entry] = files["index.json"]["manifests"]
    assert entry["annotations"] == {
        "io.containerd.image.name": "docker.io/library/debian:latest",
        "org.opencontainers.image.ref.name": "latest",
    }
    manifest = blob(files, entry["digest"])
    assert manifest["layers"] == [{"digest": LAYER}]
    config = blob(files, manifest["config"]["digest"])
    assert {config["created"], *(step["created"] for step in config["history"])} == {"2026-11-02T00:00:00Z"}
    assert config["config"] == {"Cmd": ["bash"], "Labels": {"mine": "kept"}}
    assert config["rootfs"] == CONFIG["rootfs"]


def test_of_an_index_only_what_is_there_is_made_older(tmp_path: Path, image: str) -> None:
    other = {"digest": f"sha256:{'3' * 64}", "size": 5}
    index = put(tmp_path, {"manifests": [{"digest": image, "size": 1}, other]})["digest"]
    files = archived(tmp_path, ("you/app:1", index))
    [entry] = files["index.json"]["manifests"]
    first, second = blob(files, entry["digest"])["manifests"]
    assert second == other
    assert first["digest"] != image
    assert first["size"] > 1
    assert entry["annotations"]["io.containerd.image.name"] == "docker.io/you/app:1"


def test_the_same_content_gives_the_same_archive(tmp_path: Path, image: str) -> None:
    assert archived(tmp_path, ("a:1", image)) == archived(tmp_path, ("a:1", image))


def test_what_an_image_is_made_of_is_told(tmp_path: Path, image: str) -> None:
    known = facts(tmp_path, "debian:latest", image, image)
    manifest, config, *layers = known["digests"]
    assert (f"sha256:{manifest}", layers) == (image, ["1" * 64, "2" * 64])
    assert json.loads((tmp_path / "sha256" / config).read_bytes()) == CONFIG
    assert known["built"] == "2026-11-25T10:48:00+00:00/2026-11-25T11:00:21+00:00", (
        "a base that is older does not count"
    )


def test_what_the_old_builder_has_copied_is_told_too(tmp_path: Path) -> None:
    steps = ["COPY dir:" + "a" * 64 + " in /", 'CMD ["sh"]', "ADD multi:" + "b" * 64 + " in /etc"]
    history = [{"created_by": f"/bin/sh -c #(nop) {step}"} for step in steps]
    config = put(tmp_path, CONFIG | {"history": [{"comment": "base"}, *history]})
    image = put(tmp_path, {"config": config, "layers": [{"digest": LAYER}]})["digest"]
    _, _, *layers = facts(tmp_path, "debian:latest", image, "-")["digests"]
    assert layers == ["1" * 64, "2" * 64, "a" * 64, "b" * 64]


def test_an_image_that_was_not_built_here_was_only_put_into_the_store(tmp_path: Path, image: str) -> None:
    known = facts(tmp_path, "debian:latest", image, "-")
    began, ended = map(datetime.fromisoformat, known["stored"].split("/"))
    assert began < ended
    assert "built" not in known

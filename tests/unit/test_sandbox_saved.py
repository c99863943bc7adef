"""What comes through of an archive that a stranger has written."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping

import pytest

from snippetrun.errors import ImageError
from snippetrun.sandbox.saved import only
from snippetrun.support.limits import Limits

TAG = "snippetrun/web:0123456789abcdef"
LIMITS = Limits(disk=1_000_000, files=100)


def entry(
    name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, **more: object
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(content)
    for key, value in more.items():
        setattr(info, key, value)
    return info, content


def tar(*entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=form) as writer:
        for info, content in entries:
            writer.addfile(info, io.BytesIO(content))
    return archive.getvalue()


def blob(content: bytes) -> str:
    return f"blobs/sha256/{hashlib.sha256(content).hexdigest()}"


LAYER = tar(entry("bin/sh", b"#!"), entry("link", kind=tarfile.LNKTYPE, linkname="bin/sh"), entry("é" * 90, b"1"))
CONFIG = b'{"rootfs": {}}'


def saved(layers: Iterable[bytes] = (LAYER,), config: bytes = CONFIG, **manifest: object) -> bytes:
    """An archive as the engine inside writes it, with other images beside the one that its manifest names."""
    image = {"Config": blob(config), "RepoTags": ["built:latest", "debian:latest"], "Layers": [*map(blob, layers)]}
    return tar(
        entry("blobs/", kind=tarfile.DIRTYPE),
        *(entry(blob(content), content) for content in (*layers, config, b"another")),
        entry("index.json", b'{"manifests": ["another"]}'),
        entry("manifest.json", json.dumps([image | manifest]).encode()),
    )


def loaded(archive: bytes) -> Mapping[str, bytes]:
    """What would be loaded, by name."""
    parts = [archive[at : at + 1000] for at in range(0, len(archive), 1000)]
    with only(TAG, parts, LIMITS) as clean, tarfile.open(fileobj=clean) as reader:
        return {info.name: reader.extractfile(info).read() for info in reader}  # type: ignore[union-attr] # all are files


def refused(archive: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(ImageError) as caught, only(TAG, [archive], limits):
        pass
    return caught.value.problems[0].message


def test_one_image_comes_through_with_one_name_and_nothing_else() -> None:
    came = loaded(saved([LAYER, gzip.compress(LAYER)]))
    [image] = json.loads(came["manifest.json"])
    assert image == {"Config": "config.json", "RepoTags": [TAG], "Layers": ["0/layer.tar", "1/layer.tar"]}
    assert set(came) == {"manifest.json", "config.json", "0/layer.tar", "1/layer.tar"}
    assert came["config.json"] == CONFIG
    assert came["0/layer.tar"] == LAYER == gzip.decompress(came["1/layer.tar"])


def test_an_archive_as_engines_before_25_write_it_is_read_too() -> None:
    config, layer = f"{'1' * 64}.json", f"{'2' * 64}/layer.tar"
    manifest = json.dumps([{"Config": config, "RepoTags": ["docker:24"], "Layers": [layer]}]).encode()
    others = [entry(f"{'2' * 64}/VERSION", b"1.0"), entry("repositories", b"{}")]
    read = loaded(tar(entry(config, CONFIG), entry(layer, LAYER), *others, entry("manifest.json", manifest)))
    assert (read["config.json"], read["0/layer.tar"]) == (CONFIG, LAYER)


def test_several_images_or_none_are_refused() -> None:
    two = json.dumps([{"Config": blob(CONFIG), "Layers": []}] * 2).encode()
    for manifest in (two, b"[]", b"{}", b"[" * 100_000, b"\xff"):
        assert "is no image" in refused(tar(entry(blob(CONFIG), CONFIG), entry("manifest.json", manifest)))
    assert "is no image" in refused(tar(entry(blob(CONFIG), CONFIG)))
    assert "is no image" in refused(b"Error: no such image\n")


def test_a_manifest_names_blobs_of_its_archive_and_nothing_outside() -> None:
    for name in ("../../etc/passwd", "/etc/passwd", blob(b"missing"), 7, None):
        assert "what is not there" in refused(saved(Layers=[name]))
        assert "is no image" in refused(saved(Config=name))
    assert "is no image" in refused(saved([LAYER] * 128))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(kind: bytes) -> None:
    forged = entry(blob(CONFIG), kind=kind, linkname="/etc/passwd")
    assert "unknown kind" in refused(tar(forged, entry(blob(CONFIG), CONFIG)))


def test_headers_without_end_are_not_read() -> None:
    assert "unknown kind" in refused(tar(entry("x" * 5_000_000, b"")))
    assert "too long" in refused(saved([tar(entry("x" * 5_000_000, b""), form=tarfile.GNU_FORMAT)]), Limits())


def test_a_layer_counts_as_what_it_is_unpacked_to() -> None:
    large = tar(entry("zeros", bytes(1_000_001)))
    assert "larger than what a build may take" in refused(saved([gzip.compress(large)]))
    assert "larger than what a build may take" in refused(saved([tar(*[entry("x")] * 101)]))
    half = gzip.compress(tar(entry("zeros", bytes(600_000))))
    assert loaded(saved([half]))
    assert "larger than what a build may take" in refused(saved([half, half]))


def test_what_stands_behind_a_layers_end_counts_and_so_does_each_copy() -> None:
    assert "goes on behind its end" in refused(saved([gzip.compress(LAYER + b"more")]))
    assert "larger than what a build may take" in refused(saved([gzip.compress(LAYER + bytes(1_000_000))]))
    padded = gzip.compress(LAYER) + bytes(300_000)  # which gzip itself drops
    assert loaded(saved([padded]))
    assert "larger than what a build may take" in refused(saved([padded], Layers=[blob(padded)] * 4))


def test_what_cannot_be_measured_is_refused() -> None:
    holes = entry("x", pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9" * 15})
    assert "whose size is not the one" in refused(saved([tar(holes)]))
    assert "whose size is not the one" in refused(saved([tar(entry("x", pax_headers={"size": "9" * 12}))]))
    assert "unknown kind" in refused(saved([tar(entry("x", kind=tarfile.GNUTYPE_SPARSE))]))
    for magic in (b"BZh9", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"):
        assert "cannot be measured" in refused(saved([magic + LAYER]))


def test_a_broken_archive_is_refused() -> None:
    whole = saved()
    for end in (100, 700, 1500):
        assert "is no image" in refused(whole[:end])
    assert "is no image" in refused(saved([gzip.compress(LAYER)[:-20]]))
    assert "is no image" in refused(saved([b"no tar" * 1000]))

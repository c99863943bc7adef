"""What a stranger's Dockerfile reaches and takes while it is built."""

from __future__ import annotations

import dataclasses
import json
import os
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import sandboxes_of

from snippetrun.config import ImageSource, SiteConfig
from snippetrun.engine.client import HostEngine
from snippetrun.engine.images import HostImage
from snippetrun.errors import ImageError
from snippetrun.model import Job, Network, Page
from snippetrun.runner.prepare import images_of
from snippetrun.sandbox.image_store import store
from snippetrun.sandbox.interface import TerminalCommand
from snippetrun.sandbox.live import page_specification, sandbox
from snippetrun.support.limits import HIGHEST_USER, Limits

pytestmark = pytest.mark.engine

Build = Callable[..., HostImage]
"""(Dockerfile, fields of Limits and SiteConfig) -> what was built from it."""


@pytest.fixture
def build(engine: HostEngine, site: SiteConfig, tmp_path: Path) -> Iterator[Build]:
    (tmp_path / "canary").write_text("what stands beside the Dockerfile's folder")
    folder = tmp_path / "image"
    folder.mkdir()
    built = []

    def make(steps: str, network: Network = Network.NONE, **limits: float) -> HostImage:
        (folder / "Dockerfile").write_text(f"ARG BASE\nFROM $BASE\n# {os.urandom(8).hex()}\n{steps}\n")
        source = ImageSource("test:latest", "image", folder, path="mkdocs.yml", line=7)
        own = dataclasses.replace(site, images=(source,), build_network=network, limits=Limits(**limits))  # type: ignore[arg-type]
        _, [image] = images_of(engine, own, print)
        built.append(image.tag)
        return image

    yield make
    for tag in built:
        engine.remove_image(tag)


def failure(build: Build, steps: str, **options: object) -> str:
    with pytest.raises(ImageError) as caught:
        build(steps, **options)
    [problem] = caught.value.problems
    assert (problem.path, problem.line) == ("mkdocs.yml", 7)
    return problem.message


def refused(*targets: str) -> str:
    """Return a step that fails if any of these, `ADDRESS/PORT`, is reached."""
    return f'RUN for a in {" ".join(targets)}; do if timeout 3 bash -c ": < /dev/tcp/$a"; then exit 9; fi; done'


@pytest.mark.slow
def test_a_build_reaches_mirrors_and_neither_the_host_nor_clouds(build: Build, engine: HostEngine) -> None:
    with socketserver.TCPServer(("0.0.0.0", 0), socketserver.StreamRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        own = [f"{address}/{port}" for address in ("127.0.0.1", "172.17.0.1", "10.0.2.2", *engine.addresses)]
        build(
            "RUN timeout 20 bash -c ': < /dev/tcp/deb.debian.org/80'\n"
            + refused("169.254.169.254/80", "10.0.2.3/53", "192.0.0.1/22", *own),
            Network.INTERNET,
        )
        server.shutdown()


@pytest.mark.slow
def test_nothing_of_the_builders_settings_comes_into_a_build(
    build: Build, engine: HostEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = "http://user:canary@192.0.2.7:3128"
    (tmp_path / "config.json").write_text(
        json.dumps({"proxies": {"default": {"httpProxy": proxy}}, "auths": {"canary": {"auth": "dTpj"}}})
    )
    for name, value in {"DOCKER_CONFIG": str(tmp_path), "HTTP_PROXY": proxy, "CANARY": "canary"}.items():
        monkeypatch.setenv(name, value)
    own = HostEngine(engine.base_url)  # which has read these settings
    monkeypatch.setattr(engine, "_api", own._api)
    image = build(
        "RUN cat /proc/*/environ /root/.docker/* ../canary 2>/dev/null | tr '\\0' '\\n' > /seen; env >> /seen\n"
        "RUN ! grep -i -e canary -e proxy /seen\n"
        "COPY . /context\n"
        "RUN ls -A /context > /seen && [ $(cat /seen) = Dockerfile ]"
    )
    own.close()
    assert "canary" not in json.dumps(engine.image(image.tag))


@pytest.mark.slow
def test_a_site_can_have_its_images_built_without_a_network(build: Build) -> None:
    assert "non-zero code" in failure(build, "RUN timeout 20 bash -c ': < /dev/tcp/deb.debian.org/80'")


@pytest.mark.slow
def test_a_build_that_comes_to_a_limit_fails_and_says_which(build: Build, engine: HostEngine) -> None:
    before = sandboxes_of(engine, os.getpid())
    assert "the build ran out of memory" in failure(build, "RUN tail /dev/zero", memory=400_000_000)
    assert "the build's disk is full" in failure(build, "RUN head -c 1G /dev/zero > /x", disk=400_000_000)
    assert "the build's time is up: it has 4 s" in failure(build, "RUN yes", time=1.0)
    assert sandboxes_of(engine, os.getpid()) == before


def test_an_image_that_fails_says_where_and_why(build: Build) -> None:
    with pytest.raises(ImageError) as caught:
        build("RUN echo the reason && exit 3")
    [problem] = caught.value.problems
    assert problem.message.endswith("returned a non-zero code: 3")
    assert "the reason" in problem.hint


@pytest.mark.slow
def test_an_image_has_the_users_that_a_sandbox_has_and_no_others(
    build: Build, engine: HostEngine, site: SiteConfig, tmp_path: Path
) -> None:
    image = build(f"RUN touch /file && chown {HIGHEST_USER}:{HIGHEST_USER} /file")
    sandbox_image, _ = images_of(engine, dataclasses.replace(site, images=()), print)
    filled = store(engine, str(tmp_path), sandbox_image, [image], print)
    job = Job(Page("docs/a.md", ()), "", ("test:latest",), 60.0, 1_000_000)
    with sandbox(engine, page_specification(engine, sandbox_image, filled.volume, job)) as page:
        listed = page.terminal().run(TerminalCommand("docker run --rm test stat -c %u:%g /file")).output
        assert listed == f"{HIGHEST_USER}:{HIGHEST_USER}\n"
    engine.remove_volume(filled.volume)
    with pytest.raises(ImageError) as caught:
        build("RUN touch /file && chown 1000620000 /file")
    assert str(HIGHEST_USER) in caught.value.problems[0].hint

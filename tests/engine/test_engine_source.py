"""The engine that a site chooses: another Debian's, and one of an image that is laid out like the official one.

Debian forky takes minutes to install where no registry answers, and is kept. The image is made of its packages: the
real one is of static programs, which run wherever these do.
"""

from __future__ import annotations

import io
import json
import os
import re
import tarfile
from pathlib import Path

import pytest
from conftest import ONE_RUN, MakeSite
from helpers.command_line import snippetrun

from snippetrun.config import EngineSource
from snippetrun.engine import leftovers
from snippetrun.engine.client import HostEngine
from snippetrun.errors import ImageError
from snippetrun.sandbox.sandbox_image import sandbox_image_of

pytestmark = [pytest.mark.engine, pytest.mark.slow]

FORKY = EngineSource(debian="forky")
PROGRAMS = """ARG FORKY
FROM $FORKY AS packages
FROM scratch
COPY --from=packages /usr/bin/containerd /usr/bin/containerd-shim-runc-v2 /usr/bin/ctr /usr/bin/docker \\
  /usr/bin/docker-init /usr/sbin/docker-proxy /usr/sbin/dockerd /usr/sbin/runc /usr/local/bin/
COPY --from=packages /usr/libexec/docker/cli-plugins /usr/local/libexec/docker/cli-plugins
"""
PAGE = """# A

```console
$ docker version --format '{{.Client.Version}} {{.Server.Version}}'
28.5.2+<...> 28.5.2+<...>
$ docker info --format '{{.DriverStatus}} {{.OperatingSystem}}'
[[driver-type io.containerd.snapshotter.v1]] Debian GNU/Linux OS
$ docker run --rm busybox echo hi
hi
$ echo FROM busybox | docker build --quiet --tag own -
sha256:<...>
$ docker compose version --short && docker-compose version --short && which -a dockerd
2.<...>
2.<...>
PLACE
```
"""


@pytest.fixture(scope="session")
def forky(engine: HostEngine) -> str:
    """The name of the sandbox's image that is Debian forky, and so has another engine than trixie."""
    return sandbox_image_of(engine, FORKY, print)


@pytest.fixture(scope="session")
def official(engine: HostEngine, forky: str) -> str:
    """The name of an image that is laid out like the official one. It is kept, as other times would be news in it."""
    name = f"snippetrun/official:{forky.rpartition(':')[2]}"
    if engine.image(name) is None:
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as archive:
            entry = tarfile.TarInfo("Dockerfile")
            entry.size = len(PROGRAMS)
            archive.addfile(entry, io.BytesIO(PROGRAMS.encode()))
        list(engine.build(context.getvalue(), tag=name, arguments={"FORKY": forky}))
    return name


def engine_of(site: Path) -> str:
    """The engine that a page has been recorded on; the site's, as doctor says."""
    ran = snippetrun("run", **os.environ)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    recorded = json.loads((site / "recordings/a.md.json").read_text())["environment"]["engine"]
    findings = json.loads(snippetrun("doctor", "--json", **os.environ).stdout)["findings"]
    [named] = [finding["message"] for finding in findings if finding["name"] == "pages' engine"]
    assert named.startswith(f"Docker Engine {recorded}, of ")
    return str(named)


@pytest.mark.usefixtures("forky")
def test_pages_run_on_the_engine_of_another_debian(make_site: MakeSite) -> None:
    page = PAGE.replace("PLACE", "/usr/sbin/dockerd\n/sbin/dockerd").replace("Linux OS", "Linux forky/sid")
    site = make_site({"a.md": page}, ONE_RUN + "      engine: {debian: forky}\n")
    assert engine_of(site).endswith(", of Debian forky")


def test_pages_run_on_the_engine_of_an_image_laid_out_like_the_official_one(
    make_site: MakeSite, engine: HostEngine, official: str
) -> None:
    page = PAGE.replace("PLACE", "/usr/local/bin/dockerd").replace("Linux OS", "Linux 13 (trixie)")
    site = make_site({"a.md": page}, ONE_RUN + "      engine: {image: 'docker:28-dind', archive: docker.tar}\n")
    with (site / "docker.tar").open("wb") as archive:
        archive.writelines(engine.save([official]))
    assert engine_of(site).endswith(", of docker:28-dind")
    assert engine.image("docker:28-dind") is None  # the host's own names stay what they are


@pytest.mark.usefixtures("forky")
def test_an_option_that_one_engine_has_not_got_is_told_in_the_column_of_the_other(make_site: MakeSite) -> None:
    page = "# A\n\n```console {exit=125}\n$ docker images --tree\n```\n\n```console\n$ docker ps --quiet\n```\n"
    make_site({"a.md": page}, ONE_RUN + "      engines: {current: {debian: trixie}, next: {debian: forky}}\n")
    assert snippetrun("run", **os.environ).returncode == 0
    checked = snippetrun("check", "--engine", "all", **os.environ)
    assert checked.returncode == 1, checked.stderr
    assert [re.split(r" {3,}", line.strip()) for line in checked.stdout.splitlines()[1:]] == [
        ["docs/a.md", "2 hold", "1 fails, 1 holds"],
        ["4  $ docker images --tree", "holds", "fails"],
    ]
    assert "docs/a.md:4: on next: exit status 0, expected 125" in checked.stderr
    recorded = snippetrun("run", "--engine", "next", **os.environ)
    assert recorded.returncode == 0, recorded.stderr
    checked = snippetrun("check", "--engine", "all", **os.environ)
    assert checked.returncode == 0, checked.stderr
    assert re.split(r" {3,}", checked.stdout.splitlines()[1]) == [
        "docs/a.md",
        "2 hold",
        "1 differs as recorded, 1 holds",
    ]


@pytest.mark.usefixtures("sandboxes")
def test_an_image_without_an_engine_is_refused_with_all_that_it_lacks(engine: HostEngine) -> None:
    name = next(item.name for item in leftovers.find(engine) if item.name.startswith("snippetrun/busybox:"))
    with pytest.raises(ImageError) as caught:
        sandbox_image_of(engine, EngineSource(image=name, path="mkdocs.yml", line=7), print)
    [problem] = caught.value.problems
    programs = "containerd, containerd-shim-runc-v2, ctr, docker, docker-init, docker-proxy, dockerd, runc"
    assert str(problem).startswith(f"mkdocs.yml:7: a sandbox needs what {name} has not got: {programs}\n    Choose ")

"""Whatever ends a run, nothing of it is left: Ctrl-C, SIGKILL, the end of the engine, a full disk.

Each run has a private engine of its own, as some of these tests kill it. SNIPPETRUN_FAULTS says at how many moments of
a run each fault is tried.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import ONE_RUN, REPOSITORY
from helpers.waiting import runs, wait_for

from snippetrun.config import DEBIAN, SiteConfig
from snippetrun.engine import embedded
from snippetrun.engine.base_image import base
from snippetrun.engine.client import HostEngine
from snippetrun.engine.discover import host_engine
from snippetrun.runner.prepare import images_of

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(bool(embedded.why_not()), reason=embedded.why_not() or "-"),
    pytest.mark.slow,
]
MOMENTS = int(os.environ.get("SNIPPETRUN_FAULTS", "3"))
BUILDS = int(os.environ.get("SNIPPETRUN_BUILDS", "4"))
"""How many builds follow each other, of which two in five are killed."""
LEFT_SECONDS = 15.0
"""After which nothing may be left of a run that was killed."""
QUICK = "# Quick\n\n```console\n$ docker run --rm busybox echo one\none\n```\n"
SLOW = "# Slow\n\n```console\n$ docker run --rm busybox echo two\ntwo\n$ docker run --rm busybox sleep 6161\n```\n"
PROGRAMS = Path(sys.executable).parent


@dataclass
class World:
    """A cache with a private engine that has the images of the sites of these tests, and a place for such sites."""

    cache: Path
    folder: Path
    seconds: float = 0.0
    """How long a run of one page takes here."""
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def stem(self) -> str:
        return "snippetrun-" + hashlib.sha256(str(self.cache / "engine").encode()).hexdigest()[:8]

    @property
    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if name not in {"DOCKER_HOST", "DOCKER_CONTEXT"}}
        # The context of an engine that is gone is what makes us start one of our own, whatever this machine has.
        return ours | {"SNIPPETRUN_CACHE": str(self.cache), "DOCKER_CONFIG": str(self.cache / "docker-config")}

    def site(self, pages: Mapping[str, str], images: str = "busybox") -> Path:
        site = self.folder / "site"
        shutil.rmtree(site, ignore_errors=True)
        (site / "docs").mkdir(parents=True)
        shutil.copytree(REPOSITORY / "images", site / "images")
        provided = ", ".join(f"{name}: {{build: images/{name}}}" for name in images.split())
        (site / "mkdocs.yml").write_text(
            f"site_name: Test\nuse_directory_urls: false\nplugins:\n  - snippetrun:\n"
            f"{ONE_RUN}      images: {{{provided}}}\n"
        )
        for name, text in pages.items():
            (site / "docs" / name).write_text(text)
        return site

    def start(self, site: Path, *command: str) -> subprocess.Popen[str]:
        out = subprocess.PIPE
        program = [str(PROGRAMS / command[0]) if (PROGRAMS / command[0]).exists() else command[0], *command[1:]]
        started = subprocess.Popen(
            program, cwd=site, env=self.environment, stdout=out, stderr=subprocess.STDOUT, text=True
        )
        self.running.append(started)
        return started

    def run(self, site: Path, *command: str) -> tuple[int, str]:
        running = self.start(site, *command)
        said, _ = running.communicate(timeout=300)
        return running.returncode, said

    def left(self) -> list[str]:
        """What there is on this machine of runs and of their engine."""
        listed = subprocess.run(["ps", "axo", "pid,args"], capture_output=True, text=True, check=True).stdout
        traces = (self.stem, f"{self.cache}/sessions", "sleep 6161")
        groups = Path("/sys/fs/cgroup")
        return [
            *(line for line in listed.splitlines() if any(trace in line for trace in traces)),
            *(line for line in Path("/proc/self/mounts").read_text().splitlines() if self.stem in line),
            *map(str, Path("/run").glob(f"{self.stem}*")),
            *map(str, [*groups.glob(f"{self.stem}*"), *groups.glob(f"*/{self.stem}*")]),
        ]

    def assert_nothing_is_left(self, seconds: float = LEFT_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while (left := self.left()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert left == []
        # The engine has ended as well: what it would know of if it began again is on its disk.
        data = self.cache / "engine" / "docker"
        volumes = [path.name for path in (data / "volumes").iterdir() if path.is_dir()]
        assert [name for name in volumes if not name.startswith("snippetrun-store-")] == []
        assert list((data / "containers").iterdir()) == []


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, engine: HostEngine, site: SiteConfig) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("sites"))
    config = made.cache / "docker-config"
    context = {
        "Name": "gone",
        "Metadata": {},
        "Endpoints": {"docker": {"Host": "unix:///nowhere", "SkipTLSVerify": False}},
    }
    meta = config / "contexts" / "meta" / hashlib.sha256(b"gone").hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps(context))
    (config / "config.json").write_text('{"currentContext": "gone"}')

    sandbox_image, provided = images_of(engine, site, print)
    needed = [sandbox_image, *(image.tag for image in provided if image.name in {"debian:latest", "busybox:latest"})]
    archive = made.cache / "images.tar"
    with archive.open("wb") as file:
        file.writelines(engine.save([*needed, base(engine, DEBIAN, print).name]))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in made.environment.items():
            patch.setenv(name, value)
        patch.delenv("DOCKER_HOST", raising=False)
        patch.delenv("DOCKER_CONTEXT", raising=False)
        with host_engine(print) as own, archive.open("rb") as file:
            assert own.base_url.startswith("unix:///run/snippetrun-")
            list(own._api.load_image(file))  # type: ignore[no-untyped-call]
    archive.unlink()
    place = made.site({"quick.md": QUICK})
    filled = made.run(place, "snippetrun", "run")
    assert filled[0] == 0, filled
    began = time.monotonic()
    assert made.run(place, "snippetrun", "run")[0] == 0
    made.seconds = time.monotonic() - began
    yield made
    made.assert_nothing_is_left()


@pytest.fixture(autouse=True)
def nothing_runs_on(world: World) -> Iterator[None]:
    """End what a test that fails has left running, so that the next one has a world of its own."""
    yield
    for running in world.running:
        if running.poll() is None:
            running.kill()
            running.communicate()
    world.running.clear()


def moments(world: World) -> list[float]:
    """Moments of a run, in seconds after its start."""
    return [world.seconds * (number + 0.5) / MOMENTS for number in range(MOMENTS)]


def test_a_run_that_is_killed_leaves_nothing_and_nobody_has_to_tidy_up(world: World) -> None:
    site = world.site({"quick.md": QUICK})
    for moment in moments(world):
        killed = world.start(site, "snippetrun", "run")
        time.sleep(moment)
        killed.kill()
        killed.communicate()
        world.assert_nothing_is_left()
    assert world.run(site, "snippetrun", "run")[0] == 0


def test_ctrl_c_at_any_moment_ends_a_run_at_once_and_a_second_one_does_no_harm(world: World) -> None:
    site = world.site({"slow.md": SLOW})
    for number, moment in enumerate(moments(world)):
        first = (signal.SIGINT, signal.SIGTERM)[number % 2]
        stopped = world.start(site, "snippetrun", "run")
        time.sleep(moment)
        began = time.monotonic()
        stopped.send_signal(first)
        time.sleep(0.05)
        stopped.send_signal(signal.SIGINT)
        said, _ = stopped.communicate(timeout=60)
        took = time.monotonic() - began
        # Before our own first line Python itself ends, by the signal.
        assert stopped.returncode in {128 + first, *([-first] if moment < 0.3 else [])}, said
        assert took < 5
        world.assert_nothing_is_left(2)


@pytest.mark.parametrize(
    "command",
    [("snippetrun", "run"), ("mkdocs", "build"), ("pytest", "--snippetrun"), ("mkdocs", "serve", "-a", "127.0.0.1:0")],
)
def test_ctrl_c_in_a_page_ends_every_face_with_130_and_recordings_are_as_they_were(
    world: World, command: tuple[str, ...]
) -> None:
    site = world.site({"slow.md": SLOW})
    (site / "recordings").mkdir()
    if command[0] == "pytest":
        command = (*command, "docs")  # it would complain of the recording
    else:
        (site / "recordings" / "slow.md.json").write_text("{}")
    before = [path.read_bytes() for path in (site / "recordings").iterdir()]
    running = world.start(site, *command)
    wait_for(lambda: runs("sleep 6161"), 60)
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=30)
    assert running.returncode == (0 if command[1] == "serve" else 130), said  # Ctrl-C is how a preview ends
    assert time.monotonic() - began < 5
    assert "Traceback" not in said
    world.assert_nothing_is_left(2)
    assert [path.read_bytes() for path in (site / "recordings").iterdir()] == before


def test_an_engine_that_dies_in_mid_run_is_one_error_with_the_line_and_the_next_run_is_clean(world: World) -> None:
    site = world.site({"slow.md": SLOW})
    running = world.start(site, "snippetrun", "run")
    wait_for(lambda: runs("sleep 6161"), 60)
    [dockerd] = [line for line in world.left() if " dockerd --containerd" in line]
    os.kill(int(dockerd.split()[0]), signal.SIGKILL)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 3, said
    assert "docs/slow.md:3: the Docker engine at " in said
    assert "it has ended" in said
    assert said.count("docs/slow.md:") == 1
    assert not (site / "recordings").exists()
    assert world.run(world.site({"quick.md": QUICK}), "snippetrun", "run")[0] == 0
    world.assert_nothing_is_left()


def test_two_runs_at_once_in_one_checkout_both_pass_and_leave_recordings_that_hold(world: World) -> None:
    site = world.site({"quick.md": QUICK, "other.md": QUICK.replace("one", "two")})
    both = [world.start(site, "snippetrun", "run") for _ in range(2)]
    ended = [running.communicate(timeout=120)[0] for running in both]
    assert [running.returncode for running in both] == [0, 0], ended
    assert world.run(site, "snippetrun", "check", "--mode", "replay")[0] == 0
    world.assert_nothing_is_left()


def files_of(site: Path) -> dict[str, bytes]:
    """The built site, without what MkDocs itself dates."""
    built = site / "site"
    files = (path for path in built.rglob("*") if path.is_file() and "sitemap" not in path.name)
    return {str(path.relative_to(built)): path.read_bytes() for path in files}


def test_builds_of_which_some_are_killed_leave_nothing_and_the_last_site_is_the_first(world: World) -> None:
    site = world.site({"index.md": QUICK, "other.md": QUICK.replace("one", "two")})
    build = ("env", "SNIPPETRUN_MODE=run", "SOURCE_DATE_EPOCH=0", str(PROGRAMS / "mkdocs"), "build", "--quiet")
    status, said = world.run(site, *build)
    assert status == 0, said
    chance = random.Random(8)
    killed = set(chance.sample(range(1, BUILDS - 1), BUILDS * 2 // 5))
    sites = []
    for number in range(BUILDS):
        running = world.start(site, *build)
        if number in killed:
            time.sleep(chance.uniform(0, 2 * world.seconds))
            running.kill()
        said, _ = running.communicate(timeout=120)
        if number not in killed:
            assert running.returncode == 0, said
            sites.append(files_of(site))
        world.assert_nothing_is_left()
    assert sites[0] == sites[-1]
    assert "two" in (site / "site" / "other.html").read_text()


def in_a_small_world(place: Path, size: str, *command: str) -> list[str]:
    """A command that finds a small disk at a place; the mount is its own, and ends with it."""
    script = 'mount --bind "$1" "$1" && mount -t tmpfs -o size="$3" tmpfs "$2" && shift 3 && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sh", str(place.parent), str(place), size, *command]


def test_a_disk_that_is_full_for_the_image_store_is_what_the_error_says(world: World) -> None:
    site = world.site({"quick.md": QUICK}, images="debian busybox")
    volumes = world.cache / "engine" / "docker" / "volumes"
    status, said = world.run(site, *in_a_small_world(volumes, "48m", str(PROGRAMS / "snippetrun"), "run"))
    assert status == 3
    assert "the image store cannot be filled: " in said
    assert "no space left on device" in said
    world.assert_nothing_is_left()


def test_a_disk_that_is_full_for_recordings_is_one_error_and_what_was_recorded_stays(world: World) -> None:
    output = "```console\n$ docker run --rm busybox head -c 100000 /dev/zero | tr '\\0' x\n```\n"
    site = world.site({"big.md": output})
    recorded = site / "recordings"
    recorded.mkdir()
    script = 'echo "{}" > recordings/big.md.json; "$@"; s=$?; ls -A recordings; cat recordings/big.md.json; exit $s'
    run = ["sh", "-c", script, "sh", str(PROGRAMS / "snippetrun"), "run", "--report", "json=report.json"]
    status, said = world.run(site, *in_a_small_world(recorded, "64k", *run))
    assert status == 3
    assert "recordings/big.md.json: cannot be written: No space left on device" in said
    assert "Traceback" not in said
    assert said.endswith("big.md.json\n{}\n")
    assert json.loads((site / "report.json").read_text())["exit_status"] == 3
    world.assert_nothing_is_left()

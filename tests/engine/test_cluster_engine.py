"""Pages on a Dask cluster of three workers, each with an engine and a network namespace of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY
from helpers.command_line import snippetrun
from helpers.waiting import runs, wait_for
from helpers.workers import Workers, cluster

from snippetrun.engine import embedded

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(bool(embedded.why_not()), reason=embedded.why_not() or "-"),
    pytest.mark.usefixtures("engine"),  # so that whoever submits finds one that is up
    pytest.mark.slow,
]
_OF_THE_RUN = re.compile(
    r'"(?:when|boot_seconds|seconds|checksum)": .*|"moments": \[[^\]]*\]'
    r'|(?<="name": "image store built",\n)\s+"value": .*'
)
"""When a run was, how long it took, when its output came, and when its store was filled."""
PAGE = "# Page\n\n```console\n$ docker run --rm busybox echo {n}\n{n}\n$ docker images\n```\n"
SLOW = "# Slow\n\n```console\n$ docker run --rm busybox sleep 6262\n```\n"


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    with cluster(tmp_path_factory.mktemp("workers"), 3) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    shutil.copytree(REPOSITORY / "images" / "busybox", tmp_path / "images" / "busybox")
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: Test\nplugins:\n  - snippetrun:\n      runs: 1\n      images: {busybox: {build: images/busybox}}\n"
    )
    for n in range(3):
        (tmp_path / "docs" / f"p{n}.md").write_text(PAGE.format(n=n))
    return tmp_path


def recorded(place: Path) -> dict[str, str]:
    """The recordings, without what each run has of its own."""
    return {file.name: _OF_THE_RUN.sub("", file.read_text()) for file in (place / "recordings").rglob("*.json")}


def submitted(workers: Workers, place: Path, *command: str) -> tuple[int, str]:
    running = workers.submit(place, "snippetrun", *command, "--executor", f"dask://{workers.address}")
    said, _ = running.communicate(timeout=240)
    return running.returncode, said


def test_recordings_are_those_of_this_machine_and_every_store_is_filled_once(
    workers: Workers, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, said = submitted(workers, place, "run")
    assert status == 0, said
    there = recorded(place)
    assert len(there) == 3
    assert [said.count(f"filling the image store with 1 image (on w{n})") for n in range(3)] == [1, 1, 1]
    assert said.count("to the cluster") == 1
    shutil.rmtree(place / "recordings")
    monkeypatch.chdir(place)
    here = snippetrun("run", **os.environ)
    assert here.returncode == 0, here.stderr
    assert recorded(place) == there
    before = {file: file.read_bytes() for file in (place / "recordings").rglob("*.json")}
    status, said = submitted(workers, place, "run")
    assert status == 0, said
    assert {file: file.read_bytes() for file in (place / "recordings").rglob("*.json")} == before
    assert "filling" not in said


def test_a_worker_that_is_killed_in_mid_page_loses_nothing_and_leaves_nothing(workers: Workers, place: Path) -> None:
    (place / "docs" / "slow.md").write_text(SLOW.replace("6262", "7.12"))
    report = place / "report.json"
    command = ["run", "--report", f"json={report}", "--executor", f"dask://{workers.address}"]
    running = workers.submit(place, "snippetrun", *command)
    wait_for(lambda: runs("sleep 7.12"), 120)
    [name] = [name for name in workers.workers if busy(workers, name, "sleep 7.12")]
    workers.workers[name].kill()
    workers.workers.pop(name).wait()
    said, _ = running.communicate(timeout=240)
    assert running.returncode == 0, said
    assert [page["path"] for page in json.loads(report.read_text())["pages"]] == [
        *(f"docs/p{n}.md" for n in range(3)), "docs/slow.md"
    ]  # fmt: skip
    assert len(recorded(place)) == 4
    assert len(re.findall(r"\[\d/4\] docs/slow.md", said)) == 1
    wait_for(lambda: not workers.left(name), 60, lambda: str(workers.left(name)))
    data = workers.cache(name) / "engine" / "docker"
    assert list((data / "containers").iterdir()) == []
    assert all(path.name.startswith("snippetrun-store-") for path in (data / "volumes").iterdir() if path.is_dir())
    workers.start_worker(int(name[1:]))


def test_a_worker_whose_engine_ends_is_taken_out_and_its_page_runs_elsewhere(workers: Workers, place: Path) -> None:
    (place / "docs" / "slow.md").write_text(SLOW.replace("6262", "7.13"))
    running = workers.submit(place, "snippetrun", "run", "--executor", f"dask://{workers.address}")
    wait_for(lambda: runs("sleep 7.13"), 120)
    [name] = [name for name in workers.workers if busy(workers, name, "sleep 7.13")]
    [dockerd] = [line for line in workers.left(name) if " dockerd --containerd" in line]
    os.kill(int(dockerd.split()[0]), signal.SIGKILL)
    said, _ = running.communicate(timeout=240)
    assert running.returncode == 0, said
    assert "is taken out: the Docker engine at " in said
    assert len(recorded(place)) == 4
    workers.workers.pop(name).wait(60)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_pages_end_when_nobody_waits_for_them_any_more(
    workers: Workers, place: Path, number: signal.Signals, status: int
) -> None:
    for page in (place / "docs").iterdir():
        page.unlink()
    (place / "docs" / "slow.md").write_text(SLOW.replace("6262", "6263"))
    running = workers.submit(place, "snippetrun", "run", "--executor", f"dask://{workers.address}")
    wait_for(lambda: runs("sleep 6263"), 120)
    running.send_signal(number)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == status, said
    wait_for(lambda: not runs("sleep 6263"), 60)
    assert not (place / "recordings").exists()


def test_a_scheduler_that_goes_away_is_exit_status_3_and_recordings_are_as_they_were(
    workers: Workers, place: Path
) -> None:
    for page in (place / "docs").iterdir():
        page.unlink()
    (place / "docs" / "slow.md").write_text(SLOW)
    running = workers.submit(place, "snippetrun", "run", "--executor", f"dask://{workers.address}")
    wait_for(lambda: runs("sleep 6262"), 120)
    assert workers.scheduler
    workers.scheduler.kill()
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 3, said
    assert f"the Dask scheduler at {workers.address} has ended" in said
    assert not (place / "recordings").exists()
    wait_for(lambda: not runs("sleep 6262"), 60)


def busy(workers: Workers, name: str, command: str) -> bool:
    """Whether a command runs on a worker's engine: in the control group of that."""
    listed = subprocess.run(["ps", "axo", "pid,args"], capture_output=True, text=True, check=True).stdout
    pids = [line.split()[0] for line in listed.splitlines() if line.strip().endswith(command)]
    groups = "".join(Path(f"/proc/{pid}/cgroup").read_text() for pid in pids if Path(f"/proc/{pid}/cgroup").exists())
    return workers.stem(name) in groups

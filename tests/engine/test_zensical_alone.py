"""A site that Zensical renders, on a machine that has no MkDocs: with the wheel as a stranger gets it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from conftest import REPOSITORY

from snippetrun.support import patience

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PAGE = '# Hello\n\n```console\n$ docker run --rm busybox echo "WORD of $((40 + 2))"\n```\n'


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel and Zensical."""
    folder = tmp_path_factory.mktemp("alone")
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, REPOSITORY], check=True)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    [wheel] = folder.glob("*.whl")
    zensical = re.findall(
        r"^(?:zensical|deepmerge|tomli)==.*", (REPOSITORY / "tests/plugins.txt").read_text(), re.MULTILINE
    )
    install = ["install", "--quiet", "--constraint", REPOSITORY / "constraints.txt", wheel, *zensical]
    subprocess.run([*pip, "--python", folder / "venv/bin/python", *install], check=True)
    listed = subprocess.run(
        [*pip, "--python", folder / "venv/bin/python", "list", "--format", "freeze"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert ("zensical==" in listed, "mkdocs==" in listed, "properdocs==" in listed) == (True, False, False)
    return folder / "venv/bin"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site with a zensical.toml and nothing else, of which the folder is that of the pages' images too."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text(PAGE)
    (tmp_path / "zensical.toml").write_text(
        '[project]\nsite_name = "Alone"\n[project.markdown_extensions.snippetrun]\n'
    )
    shutil.copytree(REPOSITORY / "images/busybox", tmp_path / "images/busybox")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed(programs: Path, *words: str, status: int = 0, **environment: str) -> str:
    """Run a program of the environment, and return what it prints."""
    ended = subprocess.run(
        [programs / words[0], *words[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=os.environ | {"CI": ""} | environment,  # where it is set, what is stale ends a build
    )
    assert ended.returncode == status, ended.stdout
    return ended.stdout


def test_it_runs_its_pages_and_builds_from_recordings(programs: Path, site: Path) -> None:
    assert "zensical.toml" in typed(programs, "snippetrun", "init", "--yes")
    (site / "snippetrun-baseline.txt").unlink()
    assert "busybox" in (site / "snippetrun.yml").read_text()
    built = typed(programs, "zensical", "build", DOCKER_HOST="unix:///nowhere")
    assert "docs/index.md:4: stale: it has not been recorded yet" in built
    typed(programs, "snippetrun", "run")
    # No engine is asked, and what was built before is built anew, as a recording has come.
    typed(programs, "zensical", "build", "--clean", DOCKER_HOST="unix:///nowhere")
    html = (site / "site/index.html").read_text()
    assert re.search(r'class="sr-output"[^>]*>WORD of 42\n', html)
    assert "with Docker Engine" in html


def test_a_preview_shows_what_is_edited(programs: Path, site: Path) -> None:
    (site / "snippetrun.yml").write_text("images: {busybox: {build: images/busybox}}\n")
    (site / "zensical.toml").write_text(
        (site / "zensical.toml").read_text().replace("]\n", ']\nwatch = ["recordings"]\n', 1)
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    serving = subprocess.Popen(
        [programs / "snippetrun", "serve", "--", programs / "zensical", "serve", "--dev-addr", address],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        _await(f"http://{address}/", ">WORD of 42\n")
        (site / "docs/index.md").write_text(PAGE.replace("WORD", "another"))
        _await(f"http://{address}/", ">another of 42\n")
    finally:
        serving.send_signal(signal.SIGINT)
        output, _ = serving.communicate(timeout=patience.seconds(30))
    assert serving.returncode == 130, output
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def _await(url: str, text: str) -> None:
    """Wait until a page shows a text."""
    deadline, html = time.monotonic() + patience.seconds(60), ""
    while text not in html:
        assert time.monotonic() < deadline, html
        try:
            html = urllib.request.urlopen(url, timeout=5).read().decode()
        except OSError:  # it is not there yet, or begins anew
            time.sleep(0.1)

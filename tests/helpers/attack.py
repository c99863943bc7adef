"""A site whose one page has output that attacks whoever reads it."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers.inert import UNSEEN
from helpers.reported import HOSTILE
from snippetrun import config, report, runner
from snippetrun.extract import files
from snippetrun.model import Job, Mode
from snippetrun.plan import plan
from snippetrun.report import Report
from snippetrun.sandbox.fake import FakeSandbox, program

ATTACKS = (
    HOSTILE.replace("\ud800", "").replace("\x9b2J", "")
    + "</code></pre><script>window.owned = 1</script>\"><img src=x onerror='window.owned = 1'>\n"
    + "{{ config }} {% raw %} {: onclick=\"window.owned = 1\" }\n{: #x onclick='window.owned = 1' }\n"
    + "````\n```\n~~~\n# heading\n<script>window.owned = 1</script>\n````\n"
    + "\x1b]8;;javascript:window.owned=1\x1b\\link\x1b]8;;\x1b\\ \x1bP+q\x1b\\ \x1b^x\x1b\\ \x1b[5i\x1b[20t\n"
    + "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe "
    + UNSEEN
    + "\n\x02wzxhzdk:0\x03\n```snippetrun\n0\n```\n"
)
"""What its programs print."""
PAGE = """# A `<script>window.owned = 1</script>` title {{ config }}

```console
$ docker logs web
$ docker run -it box
name> </span><script>window.owned = 1</script>
```

```snippetrun
0
```

```console {skip="</span><script>window.owned = 1</script>"}
$ docker login
Username: bee
Password: hunter2
```
"""
MKDOCS = "site_name: Test\ntheme: {name: material, font: false}\nplugins:\n  - search\n  - snippetrun: {mode: replay}\n"


@contextmanager
def _sandboxes(_site: object, _say: object) -> Iterator[runner.OpenSandbox]:
    @contextmanager
    def start(_job: Job) -> Iterator[FakeSandbox]:
        yield FakeSandbox({"docker logs web": ATTACKS, "docker run -it box": program("name> ", ATTACKS)})

    yield start


def attacked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Write the site into a folder, go there, run its page and record it; return the report."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(folder / "cache"))
    Path("docs").mkdir()
    Path("docs/index.md").write_text(PAGE)
    Path("mkdocs.yml").write_text(MKDOCS)
    site = config.load(Path("mkdocs.yml"))
    pages = files.read_all(site, [Path("docs/index.md")])
    results = runner.run(plan(dataclasses.replace(site, mode=Mode.RUN), pages), runner.Watcher(), sandboxes=_sandboxes)
    assert not results[0].failed
    return Report("check", tuple(map(report.page, results)), "0.1.0", seconds=1.0)


def built() -> str:
    """Build the site with the real command, as a replay; return what it said."""
    command = [str(Path(sys.executable).with_name("mkdocs")), "build"]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, check=False, text=True, capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr

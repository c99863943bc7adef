"""The MkDocs face: whole builds by the real `mkdocs` command, on the real engine."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import MakeSite, sandboxes_of
from helpers.machine import Silent
from helpers.mkdocs_build import MKDOCS, blocks, build

from snippetrun import config, runner
from snippetrun.engine.client import HostEngine
from snippetrun.errors import PageError
from snippetrun.extract import files, read
from snippetrun.mkdocs_plugin import embed
from snippetrun.model import Environment, ImageFact, Job, Mode, Recorded, Recording, Result, printed
from snippetrun.plan import plan
from snippetrun.sandbox.fake import FakeSandbox

# Putting results in place, without any build


def result(text: str, output: str = "OUT\n") -> Result:
    page = read("docs/a.md", text)
    environment = Environment("26.1.5", "6.12", "0.1.0")
    recorded = tuple(
        tuple(Recorded(c.line, c.text, printed(output), 0, 0.1) for c in s.commands) for s in page.snippets
    )
    return runner.result(page, Recording("docs/a.md", "", environment, "2026-01-02T03:04:05+00:00", 0.5, 1.0, recorded))


def test_a_fence_is_replaced_where_it_stands_with_its_prefix() -> None:
    text = "1. one\n\n    ```console\n    $ docker ps\n    ```\n\n2. two\n"
    shown, found = embed.embed(text, result(text), ("console",))
    assert shown == "1. one\n\n    ```snippetrun\n    0\n    ```\n\n2. two\n"
    assert "docker ps" in found["0"]


def test_equal_fences_get_their_own_results_in_order() -> None:
    text = "```console\n$ docker ps\n```\n\n```console\n$ docker ps\n```\n"
    shown, found = embed.embed(text, result(text), ("console",))
    assert re.findall(r"^\d$", shown, re.MULTILINE) == list(found) == ["0", "1"]


def test_lines_that_were_added_or_taken_away_elsewhere_change_nothing() -> None:
    text = "---\ntitle: x\n---\n\n```console\n$ docker ps\n```\n"
    shown, _ = embed.embed("New first line\n\n```console\n$ docker ps\n```\n", result(text), ("console",))
    assert shown == "New first line\n\n```snippetrun\n0\n```\n"


def test_a_fence_that_another_plugin_changed_is_an_error() -> None:
    with pytest.raises(PageError, match="is not what it was when it ran"):
        embed.embed("```console\n$ docker rm x\n```\n", result("```console\n$ docker ps\n```\n"), ("console",))


def test_a_hidden_fence_is_gone() -> None:
    text = "a\n\n```console {hide}\n$ docker ps\n```\n\nb\n"
    assert embed.embed(text, result(text), ("console",)) == ("a\n\n\nb\n", {})


def test_a_fence_that_writes_a_file_stays_the_renderers_and_says_which_file() -> None:
    file = "```dockerfile {file=app/Dockerfile}\nFROM debian\n```\n"
    text = file + "\n```console\n$ docker ps\n```\n"
    shown, _ = embed.embed(text, result(text), ("console",))
    assert shown.startswith('```dockerfile title="app/Dockerfile"\nFROM debian\n```\n')


# Whole builds


LIVE = """# Live

```console
$ docker run --rm busybox echo "<b>bold</b> & $HOME"
$ docker run --rm busybox sh -c 'exit 3'
? 3
```

- In a list:

    ```console
    $ docker run --rm busybox echo in a list
    ```

!!! note

    ```console
    $ docker run --rm busybox printf '\\033[31mred\\033[0m\\n'
    ```

=== "Tab"

    ```console
    $ docker run --rm busybox echo in a tab
    ```

> ```console
> $ docker run --rm busybox echo quoted
> ```

```console {skip="needs a GPU"}
$ docker run --gpus all x
```

```text {file=a/file}
written by the page
```

```console
$ cat a/file
```
"""
EXTENSIONS = "markdown_extensions: [admonition, pymdownx.superfences, {pymdownx.tabbed: {alternate_style: true}}]\n"


@pytest.mark.engine
def test_a_page_is_built_with_what_really_came_out(make_site: MakeSite, engine: HostEngine) -> None:
    make_site({"index.md": LIVE, "plain.md": "# Plain\n\n```console\n$ make\n```\n"}, EXTENSIONS)
    built = build()
    assert built.returncode == 0, built.said
    page = Path("site/index.html").read_text()
    outputs = blocks(Path("site/index.html"), "sr-output").found
    assert [output.strip() for output in outputs[:5]] == [
        "<b>bold</b> & /root", "in a list", "red", "in a tab", "quoted",
    ]  # fmt: skip
    assert outputs[-1].strip() == "written by the page"
    nesting = ["/".join(path) for path in blocks(Path("site/index.html")).inside]
    assert any("/li/" in path for path in nesting)
    assert any("/blockquote/" in path for path in nesting)
    assert "exit status 3" in page
    assert "Not run: needs a GPU" in page
    assert "Docker Engine" in page
    assert "images/busybox/Dockerfile on " in page
    assert "sha256:" in page
    assert (
        "snippetrun"
        not in Path("site/plain.html").read_text().split("<body", 1)[1].split("<article", 1)[1].split("</article")[0]
    )
    assert "1 page, 7 snippets, 8 commands (1 skipped), 0 failures" in built.said
    assert (Path("site/index.html").resolve().as_uri()) in built.said
    assert sandboxes_of(engine, built.pid) == []


FAILING = """# Bad

```console
$ docker run --rm busybox true
$ docker run --rm busybox sh -c 'echo last words; exit 4'
$ docker ps
```
"""


@pytest.mark.engine
@pytest.mark.parametrize(
    ("page", "said"),
    [
        (FAILING, ["docs/bad.md:5: exit status 4, expected 0", "last words", "snippetrun run docs/bad.md"]),
        (
            "```console {timeout=1s}\n$ docker run --rm busybox sleep 60\n```\n",
            ["docs/bad.md:2: still running after 1 s"],
        ),
        ("```console\n$ docker run --rm redis:7\n```\n", ["docs/bad.md:2: exit status 125", "list it under images:"]),
        ("```console\n$ docker ps; exit\n```\n", ["docs/bad.md:2: it ended the page's shell"]),
        ("```console\n$ docker ps\n", ["docs/bad.md:1:1: nothing closes this fence"]),
        ("```console {tiemout=1s}\n$ docker ps\n```\n", ["docs/bad.md:1:13", "id you mean timeout?"]),
        ("\udcff```console\n$ docker ps\n```\n", ["docs/bad.md:1:1: byte 0xff is not UTF-8"]),
    ],
)
def test_a_page_that_fails_fails_the_build_with_one_clear_message(
    make_site: MakeSite, engine: HostEngine, page: str, said: list[str]
) -> None:
    root = make_site({"index.md": "# Home\n"})
    (root / "docs" / "bad.md").write_bytes(page.encode(errors="surrogateescape"))
    built = build()
    assert built.returncode == 1
    for words in said:
        assert words in built.said
    assert "Traceback" not in built.said
    assert not list(root.glob("site/**/*.html"))
    assert sandboxes_of(engine, built.pid) == []


def test_an_engine_that_is_not_there_fails_the_build_with_one_clear_message(make_site: MakeSite) -> None:
    make_site({"index.md": FAILING})
    built = build(DOCKER_HOST="unix:///nowhere/docker.sock")
    assert built.returncode == 1
    assert "no Docker engine answers at unix:///nowhere/docker.sock" in built.said
    assert "Traceback" not in built.said


def test_a_mistake_in_the_configuration_is_named_with_its_line(make_site: MakeSite) -> None:
    make_site({"index.md": "# Home\n"})
    settings = Path("mkdocs.yml")
    settings.write_text(settings.read_text() + "      timeot: 3s\n")
    built = build()
    assert built.returncode == 1
    assert "mkdocs.yml:8: timeot: there is no such key; did you mean timeout?" in built.said
    assert "Traceback" not in built.said


@pytest.mark.engine
def test_an_image_that_cannot_be_built_is_named_with_its_line(make_site: MakeSite, engine: HostEngine) -> None:  # noqa: ARG001
    root = make_site({"index.md": FAILING})
    (root / "images/busybox/Dockerfile").write_text("ARG BASE\nFROM $BASE\nRUN echo it broke; exit 9\n")
    built = build()
    assert built.returncode == 1
    assert "mkdocs.yml:7: the image busybox cannot be built: " in built.said
    assert "it broke" in built.said
    assert "Traceback" not in built.said


NEVER_RECORDED = "# Home\n\n```console\n$ docker ps\n```\n"
NO_PROMPT = "# Home\n\n```console\ndocker ps\n```\n"
STALE = "docs/index.md:4: stale: it has not been recorded yet\n    Record it: snippetrun run docs/index.md\n"


@pytest.mark.parametrize("options", [["--strict"], ["--strict", "--quiet"]])
@pytest.mark.parametrize(("page", "said"), [(NEVER_RECORDED, STALE), (NO_PROMPT, "docs/index.md:")])
def test_what_is_stale_or_only_looks_as_if_it_ran_fails_a_strict_build_also_a_quiet_one(
    make_site: MakeSite, page: str, said: str, options: list[str]
) -> None:
    make_site({"index.md": page})
    built = build(*options, SNIPPETRUN_MODE="replay")
    assert built.returncode == 1
    assert said in built.said
    assert "Traceback" not in built.said
    assert not Path("site/index.html").exists()


@pytest.mark.parametrize(("page", "said"), [(NEVER_RECORDED, STALE), (NO_PROMPT, "docs/index.md:")])
def test_it_is_a_warning_in_any_other_build(make_site: MakeSite, page: str, said: str) -> None:
    make_site({"index.md": page})
    built = build("--no-strict", SNIPPETRUN_MODE="replay")
    assert (built.returncode, built.said.count("WARNING")) == (0, 1)
    assert said in built.said
    assert build("--no-strict", "--quiet", SNIPPETRUN_MODE="replay").said == ""


@pytest.mark.engine
def test_ctrl_c_ends_a_run_and_leaves_nothing(make_site: MakeSite, engine: HostEngine) -> None:
    make_site({"index.md": "```console\n$ docker run --rm busybox sleep 50\n```\n"})
    command = [str(Path(sys.executable).with_name("snippetrun")), "run"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    deadline = time.monotonic() + 120
    while not sandboxes_of(engine, running.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1.5)  # into the command
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130, err
    assert "Traceback" not in out + err
    assert sandboxes_of(engine, running.pid) == []


@pytest.mark.engine
def test_a_site_needs_one_line_of_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    Path("mkdocs.yml").write_text("site_name: x\nplugins: [search, snippetrun]\nuse_directory_urls: false\n")
    Path("docs/index.md").write_text("# x\n\n```console\n$ docker version --format '{{.Server.Version}}'\n```\n")
    built = build()
    assert built.returncode == 0, built.said
    [output] = blocks(Path("site/index.html"), "sr-output").found
    assert re.match(r"\d+\.\d+", output.strip())
    assert config.load(Path("mkdocs.yml")).images == ()


@pytest.mark.engine
def test_a_live_preview_sees_what_varies_beside_it_and_ctrl_c_ends_that(
    make_site: MakeSite, engine: HostEngine
) -> None:
    root = make_site(
        {"index.md": "```console\n$ docker run --rm busybox sh -c 'date +%N; sleep 3'\n```\n"},
        "      recordings: recordings\n",
    )
    said = root / "said"
    with said.open("w") as output:
        serving = subprocess.Popen(
            [MKDOCS, "serve", "--dev-addr", "127.0.0.1:0"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        )
    file = root / "recordings" / "index.md.json"

    def wait(what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 120
        while not what():
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.1)

    wait(lambda: "once more, to see what varies" in said.read_text())
    assert '"runs"' not in file.read_text()  # the first run alone is shown
    wait(lambda: file.exists() and '"runs": 2' in file.read_text())
    before = file.read_text()
    page = root / "docs" / "index.md"
    page.write_text(page.read_text().replace("%N", "%s%N"))
    wait(lambda: said.read_text().count("once more, to see what varies") == 2)
    serving.send_signal(signal.SIGINT)
    assert serving.wait(40) == 0
    assert file.read_text() != before
    assert '"runs"' not in file.read_text()
    assert "Traceback" not in said.read_text()
    assert sandboxes_of(engine, serving.pid) == []


def test_the_foot_offers_to_show_what_varies_where_something_does(make_site: MakeSite) -> None:
    root = make_site({"a.md": "", "b.md": ""}, "      recordings: recordings\n")
    site = dataclasses.replace(config.load(Path("mkdocs.yml")), mode=Mode.RUN)
    lines = map(str, itertools.count())

    @contextmanager
    def sandboxes(_site: object, _say: object) -> Iterator[runner.OpenSandbox]:
        @contextmanager
        def start(job: Job) -> Iterator[FakeSandbox]:
            facts = tuple(
                ImageFact(n, "sha256:0", f"images/{n.split(':')[0]}/Dockerfile on debian") for n in job.images
            )
            yield FakeSandbox(
                lambda command: f"word{next(lines)}\n" if command == "docker run x" else "same\n", images=facts
            )

        yield start

    for name, command in (("a", "docker run x"), ("b", "docker ps")):
        (root / f"docs/{name}.md").write_text(f"```console\n$ {command}\n```\n")
    runner.run(plan(site, files.read_all(site, sorted(root.glob("docs/*.md")))), Silent(), sandboxes=sandboxes)
    assert build(SNIPPETRUN_MODE="replay").returncode == 0
    varies, same = (Path(f"site/{name}.html").read_text() for name in "ab")
    assert blocks(Path("site/a.html"), "sr-varies").found == ["word0"]
    assert ("Show what varies" in varies, "Show what varies" in same, "sr-varies" in same) == (True, False, False)

"""The MkDocs face on the real engine: whole builds by the real `mkdocs` command, and a live preview."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ONE_RUN, MakeSite, sandboxes_of
from helpers.mkdocs_build import FAILING, MKDOCS, blocks, build
from helpers.waiting import runs, wait_for

from snippetrun import config
from snippetrun.engine.client import HostEngine

pytestmark = pytest.mark.engine

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


def test_a_page_is_built_with_what_really_came_out(make_site: MakeSite, engine: HostEngine) -> None:
    make_site({"index.md": LIVE, "plain.md": "# Plain\n\n```console\n$ make\n```\n"}, ONE_RUN + EXTENSIONS)
    built = build()
    assert built.returncode == 0, built.output
    page = Path("site/index.html").read_text()
    outputs = blocks(Path("site/index.html"), "sr-output").texts
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
    assert "1 page, 7 snippets, 8 commands (1 skipped), 0 failures" in built.output
    assert (Path("site/index.html").resolve().as_uri()) in built.output
    assert sandboxes_of(engine, built.pid) == []


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
        assert words in built.output
    assert "Traceback" not in built.output
    assert not list(root.glob("site/**/*.html"))
    assert sandboxes_of(engine, built.pid) == []


@pytest.mark.slow
def test_an_image_that_cannot_be_built_is_named_with_its_line(make_site: MakeSite, engine: HostEngine) -> None:  # noqa: ARG001
    root = make_site({"index.md": FAILING})
    (root / "images/busybox/Dockerfile").write_text("ARG BASE\nFROM $BASE\nRUN echo it broke; exit 9\n")
    built = build()
    assert built.returncode == 1
    assert "mkdocs.yml:7: the image busybox cannot be built: " in built.output
    assert "it broke" in built.output
    assert "Traceback" not in built.output


def test_ctrl_c_ends_a_run_and_leaves_nothing(make_site: MakeSite, engine: HostEngine) -> None:
    sleep = f"sleep {100_000 + os.getpid()}"  # nobody else's
    make_site({"index.md": f"```console\n$ docker run --rm busybox {sleep}\n```\n"})
    command = [str(Path(sys.executable).with_name("snippetrun")), "run"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: runs(sleep) or running.poll() is not None)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130, err
    assert "Traceback" not in out + err
    assert sandboxes_of(engine, running.pid) == []


def test_a_site_needs_one_line_of_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    Path("mkdocs.yml").write_text("site_name: x\nplugins: [search, snippetrun]\nuse_directory_urls: false\n")
    Path("docs/index.md").write_text("# x\n\n```console\n$ docker version --format '{{.Server.Version}}'\n```\n")
    built = build()
    assert built.returncode == 0, built.output
    [output] = blocks(Path("site/index.html"), "sr-output").texts
    assert re.match(r"\d+\.\d+", output.strip())
    assert config.load(Path("mkdocs.yml")).images == ()


@pytest.mark.slow
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

    wait_for(lambda: "once more, to see what varies" in said.read_text(), why=said.read_text)
    assert '"runs"' not in file.read_text()  # the first run alone is shown
    wait_for(lambda: file.exists() and '"runs": 2' in file.read_text(), why=said.read_text)
    before = file.read_text()
    page = root / "docs" / "index.md"
    page.write_text(page.read_text().replace("%N", "%s%N"))
    wait_for(lambda: said.read_text().count("once more, to see what varies") == 2, why=said.read_text)
    serving.send_signal(signal.SIGINT)
    assert serving.wait(40) == 0
    assert file.read_text() != before
    assert '"runs"' not in file.read_text()
    assert "Traceback" not in said.read_text()
    assert sandboxes_of(engine, serving.pid) == []


@pytest.mark.parametrize("command", ["snippetrun run", "mkdocs build --site-dir /mnt/built"])
def test_a_read_only_checkout_is_one_sentence(make_site: MakeSite, command: str) -> None:
    root = make_site({"index.md": "```console\n$ docker --version\n```\n"}, ONE_RUN)
    program, _, options = command.partition(" ")
    script = (
        f"mount -t tmpfs tmp /mnt; mount --bind {root} {root}; mount -o remount,ro,bind {root}; cd {root}; "
        f"exec {MKDOCS.with_name(program)} {options}"
    )
    ended = subprocess.run(["unshare", "--mount", "sh", "-c", script], text=True, capture_output=True, check=False)
    output = ended.stdout + ended.stderr
    assert ended.returncode == (1 if program == "mkdocs" else 3)
    assert "recordings/index.md.json: cannot be written: Read-only file system" in output
    assert "Traceback" not in output

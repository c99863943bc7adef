"""The MkDocs face: results in their places, and whole builds by the real `mkdocs` command, without an engine."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import MakeSite
from helpers.mkdocs_build import FAILING, blocks, build

from snippetrun import config, runner
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


def test_an_engine_that_is_not_there_fails_the_build_with_one_clear_message(make_site: MakeSite) -> None:
    make_site({"index.md": FAILING})
    built = build(DOCKER_HOST="unix:///nowhere/docker.sock")
    assert built.returncode == 1
    assert "no Docker engine answers at unix:///nowhere/docker.sock" in built.output
    assert "Traceback" not in built.output


def test_a_mistake_in_the_configuration_is_named_with_its_line(make_site: MakeSite) -> None:
    make_site({"index.md": "# Home\n"})
    settings = Path("mkdocs.yml")
    settings.write_text(settings.read_text() + "      timeot: 3s\n")
    built = build()
    assert built.returncode == 1
    assert "mkdocs.yml:8: timeot: there is no such key; did you mean timeout?" in built.output
    assert "Traceback" not in built.output


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
    assert said in built.output
    assert "Traceback" not in built.output
    assert not Path("site/index.html").exists()


@pytest.mark.parametrize(("page", "said"), [(NEVER_RECORDED, STALE), (NO_PROMPT, "docs/index.md:")])
def test_it_is_a_warning_in_any_other_build(make_site: MakeSite, page: str, said: str) -> None:
    make_site({"index.md": page})
    built = build("--no-strict", SNIPPETRUN_MODE="replay")
    assert (built.returncode, built.output.count("WARNING")) == (0, 1)
    assert said in built.output
    assert build("--no-strict", "--quiet", SNIPPETRUN_MODE="replay").output == ""


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
    runner.run(plan(site, files.read_all(site, sorted(root.glob("docs/*.md")))), runner.Watcher(), sandboxes=sandboxes)
    assert build(SNIPPETRUN_MODE="replay").returncode == 0
    varies, same = (Path(f"site/{name}.html").read_text() for name in "ab")
    assert blocks(Path("site/a.html"), "sr-varies").texts == ["word0"]
    assert ("Show what varies" in varies, "Show what varies" in same, "sr-varies" in same) == (True, False, False)

"""The shell of what CI runs: of the action, the workflows, GitLab's component, and the recipes."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from conftest import REPOSITORY, MakeSite
from helpers import ci
from helpers.checkout import commit, git
from helpers.ci import RECIPES, bash, run_action, script
from helpers.machine import ANSWERS, Engine, Heard

from snippetrun import config, runner
from snippetrun.extract import files
from snippetrun.model import Mode
from snippetrun.plan import plan
from snippetrun.sandbox.fake import Answer

PAGE = "# A\n\n```console\n$ docker ps\n```\n"
NOWHERE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}


def record(answers: Mapping[str, Answer] = ANSWERS) -> None:
    """Record all pages of the site here, without an engine."""
    site = config.load(Path("mkdocs.yml"))
    found = files.read_all(site, files.find(site))
    engine = Engine()
    engine.answers = dict(answers)
    runner.run(plan(dataclasses.replace(site, mode=Mode.RUN), found), Heard(), sandboxes=engine)


def test_the_site_is_published_from_its_recordings_and_not_if_they_are_stale(make_site: MakeSite) -> None:
    folder = make_site({"index.md": PAGE})
    record()
    build = script("publish.yml", "Build the site from its recordings")
    replayed = NOWHERE | {"SNIPPETRUN_MODE": "replay"}
    built = bash(build, **replayed)
    assert built.returncode == 0, built.stdout + built.stderr
    assert (folder / "site" / "index.html").is_file()
    (folder / "docs" / "index.md").write_text(PAGE.replace("docker ps", "docker info"))
    stale = bash(build, **replayed)
    assert "docs/index.md:4: stale: it has changed since it was recorded" in stale.stdout + stale.stderr
    assert stale.returncode == 1


def test_a_pull_request_is_told_what_recordings_newly_say(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE})
    record()
    git("init", "--quiet")
    commit()
    git("checkout", "--quiet", "-b", "change")
    Path("docs/b.md").write_text(PAGE)
    record()
    commit()
    git("checkout", "--quiet", "-")
    git("merge", "--quiet", "--no-ff", "--message", "merged", "change")
    told = bash(script("pages.yml", "Show what recordings newly say"), GITHUB_STEP_SUMMARY="summary.md")
    assert told.returncode == 0, told.stderr
    assert "+++ docs/b.md (now)\n+$ docker ps\n" in Path("summary.md").read_text()
    gitlab = "\n".join(ci.component()["snippetrun-news"]["script"])
    assert "+++ docs/b.md (now)\n+$ docker ps\n" in bash(gitlab, CI_MERGE_REQUEST_DIFF_BASE_SHA="HEAD^1").stdout


def test_the_action_runs_a_command_annotates_sums_up_and_writes_reports(make_site: MakeSite, tmp_path: Path) -> None:
    folder = make_site({"index.md": PAGE})
    record()
    assert run_action("check --mode replay docs/*.md", tmp_path).returncode == 0
    assert sorted(file.name for file in (tmp_path / "snippetrun").iterdir()) == [
        "report.json",
        "report.md",
        "report.xml",
    ]
    assert "all is well" in (tmp_path / "summary.md").read_text()
    (folder / "docs" / "index.md").write_text(PAGE.replace("docker ps", "docker info"))
    stale = run_action("check --mode replay", tmp_path)
    assert "docs/index.md,line=4::Record it: snippetrun run docs/index.md" in stale.stderr
    assert (stale.returncode, (tmp_path / "output").read_text()) == (1, "status=0\nstatus=1\n")


def test_a_command_of_the_action_is_words_and_no_shell(make_site: MakeSite, tmp_path: Path) -> None:
    make_site({"index.md": PAGE})
    assert run_action("status; touch made $(touch made) `touch made` > made", tmp_path).returncode == 2
    assert not Path("made").exists()


@pytest.mark.parametrize(
    ("events", "installed"),
    [("", ["--requirement requirements.txt"]), ("gone", ["--requirement requirements.txt", "/a"])],
)
def test_the_action_brings_snippetrun_where_the_site_names_none(
    stand_ins: Path, events: str, installed: list[str]
) -> None:
    if not events:
        (stand_ins / "snippetrun").symlink_to("pip")
    ran = bash(
        script("action.yml", "Install"),
        PATH=f"{stand_ins}:/usr/bin:/bin",
        INSTALL="--requirement requirements.txt",
        ACTION="/a",
    )
    assert ran.returncode == 0, ran.stderr
    assert Path("log").read_text().splitlines() == [f"pip install {words}" for words in installed]


def test_images_are_handed_on_by_name(stand_ins: Path) -> None:
    where = {"PATH": f"{stand_ins}:{os.environ['PATH']}", "RUNNER_TEMP": "/t"}
    for known in ("", "snippetrun/web:1\nsnippetrun/sandbox:2\n"):
        Path("known").write_text(known)
        assert bash(script("action.yml", "Keep the images"), **where).returncode == 0
    assert bash(script("action.yml", "Load the images"), **where).returncode == 0
    listed = "docker image ls --filter reference=snippetrun/* --format {{.Repository}}:{{.Tag}}"
    saved = "docker image save --output /t/snippetrun-images.tar snippetrun/web:1 snippetrun/sandbox:2"
    loaded = "docker image load --quiet --input /t/snippetrun-images.tar"
    assert Path("log").read_text().splitlines() == [listed, listed, saved, loaded]


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for programs that are not to be had here or must do nothing: `log` has what they are asked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("gh", "docker", "pip"):
        (folder / name).write_text(
            '#!/bin/sh\necho "${0##*/} $*" >> "$LOG"\ncase $2 in list | ls) cat "${LOG%log}known" ;; esac\n'
            'for word; do case $word in *.md) cp "$word" "$LOG.body" ;; esac; done\n'
        )
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("status", "known", "asked"),
    [
        ("1", "", ["label create drift", "issue create --title Pages no longer say what is true --label drift"]),
        ("1", "7\n", ["issue edit 7 --body-file report.md"]),
        ("0", "7\n", ["issue close 7 --comment All is well again: https://example.org/run"]),
        ("0", "", []),
    ],
)
def test_drift_is_one_issue_that_is_opened_updated_and_closed(
    stand_ins: Path, status: str, known: str, asked: list[str]
) -> None:
    Path("report.md").write_text("What has drifted.\n")
    Path("known").write_text(known)
    first, *rest = tell("Open, update or close the issue", stand_ins, STATUS=status)
    assert first.startswith("gh issue list --state open --label drift")
    assert len(rest) == len(asked)
    assert all(line.startswith(f"gh {start}") for line, start in zip(rest, asked, strict=True))
    if status == "1":
        assert Path("log.body").read_text() == "What has drifted.\n\nFound by https://example.org/run\n"


def tell(step: str, stand_ins: Path, **more: str) -> list[str]:
    """Do a step of the nights' that tells people; return what it asks of GitHub."""
    url = {"RUN": "https://example.org/run", "PATH": f"{stand_ins}:{os.environ['PATH']}"}
    ran = bash(script("drift.yml", step), **url, **more)
    assert ran.returncode == 0, ran.stderr
    return Path(os.environ["LOG"]).read_text().splitlines()


@pytest.mark.parametrize(
    ("there", "known", "asked"),
    [
        (True, "", ["auth setup-git", "pr create --base main --head snippetrun/drift --title What pages say now"]),
        (True, "7\n", ["auth setup-git", "pr edit 7 --body-file"]),
        (
            False,
            "7\n",
            ["pr close 7 --delete-branch --comment There is nothing left to accept: https://example.org/run"],
        ),
        (False, "", []),
    ],
)
def test_what_can_be_accepted_is_one_pull_request_that_is_opened_updated_and_closed(
    stand_ins: Path, *, there: bool, known: str, asked: list[str]
) -> None:
    Path("known").write_text(known)
    Path("checkout").mkdir()
    os.chdir("checkout")
    git("init", "--quiet", "--bare", "../origin")
    git("init", "--quiet")
    git("remote", "add", "origin", "../origin")
    Path("a.json").write_text("old\n")
    commit()
    if there:
        Path("a.json").write_text("new\n")
        Path("../proposal.patch").write_text(git("diff", "--binary") + "\n")
        git("checkout", "--quiet", "a.json")
        Path("../proposal.md").write_text("What is new.\n")
    first, *rest = tell("Open, update or close the pull request", stand_ins, RUNNER_TEMP="..", GITHUB_REF_NAME="main")
    assert first.startswith("gh pr list --state open --head snippetrun/drift")
    assert len(rest) == len(asked)
    assert all(line.startswith(f"gh {start}") for line, start in zip(rest, asked, strict=True))
    branch = "refs/heads/snippetrun/drift"
    assert git("ls-remote", "origin") == (f"{git('rev-parse', 'HEAD')}\t{branch}" if there else "")
    if there:
        assert git("show", "--format=%an: %s", "HEAD").splitlines()[0] == "github-actions[bot]: What pages say now"
        assert Path("../log.body").read_text() == "What is new.\n\nMade by https://example.org/run\n"


def test_what_has_drifted_on_another_engine_is_recorded_on_that_one(stand_ins: Path) -> None:
    def page(path: str, *outcomes: str) -> dict[str, Any]:
        return {"path": path, "snippets": [{"commands": [{"outcome": outcome} for outcome in outcomes]}]}

    (stand_ins / "snippetrun").symlink_to("pip")
    report = Path("snippetrun/report.json")
    report.parent.mkdir()
    others = {
        "next": [page("docs/a b.md", "failed"), page("docs/c.md", "differs")],
        "old": [page("docs/c.md", "passed")],
    }
    elsewhere = [{"name": name, "pages": pages} for name, pages in others.items()]
    report.write_text(json.dumps({"pages": [page("docs/c.md", "passed", "failed")], "elsewhere": elsewhere}))
    git("init", "--quiet")
    asked = tell("Accept what comes out now", stand_ins, RUNNER_TEMP=".")
    assert asked[:2] == ["snippetrun update docs/c.md", "snippetrun run --engine next docs/a b.md"]


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.usefixtures("engine")
def test_pages_are_checked_on_several_machines_and_published_if_that_confirms_them(
    make_site: MakeSite, tmp_path: Path
) -> None:
    folder = make_site({f"{name}.md": PAGE for name in "ab"})
    assert bash("snippetrun run").returncode == 0
    for number in (1, 2, 3):
        ran = run_action(f"check --confirm --shard {number}/3", tmp_path)
        assert ran.returncode == 0, ran.stderr
        shutil.move(tmp_path / "snippetrun", folder / "reports" / f"snippetrun-pages-{number - 1}")
    merged = run_action("merge reports/*/report.json", tmp_path)
    assert (merged.returncode, merged.stderr[:28]) == (0, "2 pages, 2 snippets, 2 comma"), merged.stderr
    shutil.move(tmp_path / "snippetrun", folder / "checked")
    assert ET.parse("checked/report.xml").getroot().get("tests") == "2"
    confirmed = run_action("check --mode replay --confirmed-by checked/report.json", tmp_path)
    assert confirmed.returncode == 0, confirmed.stderr
    gitlab = {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "1", "ALL": "true", "SINCE": "gone"}
    checked = bash("\n".join(ci.component()["snippetrun-check"]["script"]), **gitlab)
    assert checked.returncode == 0, checked.stderr
    assert bash("\n".join(ci.component()["snippetrun-report"]["script"])).returncode == 0
    assert bash("snippetrun check --mode replay --confirmed-by report.json").returncode == 0


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.usefixtures("engine")
def test_what_has_drifted_becomes_a_patch_and_a_text_with_each_difference(
    make_site: MakeSite, tmp_path_factory: pytest.TempPathFactory
) -> None:
    says = "docker --version > /dev/null; echo now"
    make_site({"a.md": f"# A\n\n```console\n$ {says}\n```\n", "b.md": PAGE})
    record({says: "then\n", "docker ps": "a container\n"})
    git("init", "--quiet")
    commit()
    runner_temp = tmp_path_factory.mktemp("runner")
    assert run_action("check", runner_temp).returncode == 1
    accepted = bash(script("drift.yml", "Accept what comes out now"), RUNNER_TEMP=str(runner_temp))
    assert accepted.returncode == 0, accepted.stderr
    assert "docs/b.md:4: it is not what was recorded" in accepted.stderr
    text = (runner_temp / "proposal" / "proposal.md").read_text()
    assert "--- docs/a.md (HEAD)\n+++ docs/a.md (now)\n" in text
    assert "@@ line 1 of the output @@\n-then\n+now\n" in text
    assert "docs/b.md" not in text
    git("reset", "--quiet", "--hard")
    git("apply", "--index", str(runner_temp / "proposal" / "proposal.patch"))
    assert git("diff", "--cached", "--name-only") == "recordings/a.md.json"
    assert bash("snippetrun check --mode replay", **NOWHERE).returncode == 0


def test_anywhere_else_each_exit_status_is_told_from_the_others(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE})
    anywhere = ci.anywhere_else()
    dead = bash(anywhere, **NOWHERE)
    assert (dead.returncode, dead.stdout) == (3, "the engine or a registry failed: try again later\n")
    Path("mkdocs.yml").unlink()
    unusable = bash(anywhere)
    assert (unusable.returncode, unusable.stdout) == (2, "something cannot be used: see above\n")


def test_the_pre_commit_hook_stops_a_commit_that_makes_a_recording_stale(
    make_site: MakeSite, tmp_path_factory: pytest.TempPathFactory
) -> None:
    git_as_anybody = "git -c user.name=a -c user.email=a@b -c commit.gpgsign=false"
    hooks = tmp_path_factory.mktemp("hooks")
    shutil.copy(REPOSITORY / ".pre-commit-hooks.yaml", hooks)
    bash(f"cd {hooks} && git init --quiet && git add --all && {git_as_anybody} commit --quiet --message hooks")
    folder = make_site({"a.md": PAGE})
    record()
    recipe = RECIPES[".pre-commit-config.yaml"]
    recipe["repos"][0] |= {"repo": str(hooks), "rev": bash(f"git -C {hooks} rev-parse HEAD").stdout.strip()}
    # The snippetrun of these tests instead of one from a registry; all the rest is as in the recipe.
    recipe["repos"][0]["hooks"][0]["language"] = "system"
    (folder / ".pre-commit-config.yaml").write_text(json.dumps(recipe))
    cache = {"PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("cache"))}
    began = bash(f"git init --quiet && pre-commit install && git add --all && {git_as_anybody} commit -m one", **cache)
    assert "pages are as they were recorded" in began.stderr
    assert began.returncode == 0, began.stderr
    (folder / "docs" / "a.md").write_text(PAGE.replace("docker ps", "docker info"))
    stopped = bash(f"git add --all && {git_as_anybody} commit -m two", **cache)
    assert "docs/a.md:4: stale: it has changed since it was recorded" in stopped.stderr
    assert stopped.returncode == 1

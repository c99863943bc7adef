"""The recipes for CI: they are the files that this repository uses, they are safe, and their shell runs."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from conftest import REPOSITORY, MakeSite
from helpers.machine import Engine, Heard

from snippetrun import config, runner
from snippetrun.extract import files
from snippetrun.model import Mode
from snippetrun.plan import plan

PAGE = "# A\n\n```console\n$ docker ps\n```\n"
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
BIN = Path(sys.executable).parent
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
FENCES = FENCE.findall((REPOSITORY / "docs" / "reference" / "ci.md").read_text())
RECIPES = {title: yaml.safe_load(text) for language, title, text in FENCES if language == "yaml"}

INSTALL = "pip install --constraint constraints.txt . --group site"
"""How this repository installs what its recipes take from a registry."""


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job.get("steps", ())


def script(file: str, name: str) -> str:
    """The shell of a step of one of our workflows."""
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / file).read_text())
    [found] = [step["run"] for step in steps(workflow) if step.get("name") == name]
    return str(found)


def all_scripts() -> Iterator[str]:
    for workflow in (yaml.safe_load(file.read_text()) for file in WORKFLOWS):
        yield from (step["run"] for step in steps(workflow) if "run" in step)
    gitlab = yaml.safe_load((REPOSITORY / ".gitlab-ci.yml").read_text())
    yield from gitlab["default"]["before_script"]
    yield from (line for job in gitlab.values() if isinstance(job, dict) for line in job.get("script", []))
    yield from (text for language, _, text in FENCES if language == "bash")


def bash(text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run shell as a step of GitHub Actions runs it."""
    return subprocess.run(
        ["bash", "-e", "-c", text],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "NO_MKDOCS_2_WARNING": "1"} | environment,
    )


def own(recipe: Any) -> Any:  # noqa: ANN401 - YAML
    """A recipe as this repository uses it: with itself installed, and for all pages, as it is the tool that changes."""
    if isinstance(recipe, dict):
        return {key: "" if key == "SINCE" else own(value) for key, value in recipe.items()}
    if isinstance(recipe, list):
        return [own(value) for value in recipe]
    return INSTALL if recipe == "pip install -r requirements.txt" else recipe


@pytest.mark.parametrize("title", [title for title in RECIPES if title != ".pre-commit-config.yaml"])
def test_the_recipes_are_the_files_that_this_repository_uses(title: str) -> None:
    used, recipe = yaml.safe_load((REPOSITORY / title).read_text()), own(RECIPES[title])
    if "jobs" in used:
        used["jobs"].pop("tool", None)  # the tests of the tool itself are nobody else's
    assert used == recipe


def test_every_workflow_is_a_recipe() -> None:
    assert {str(file.relative_to(REPOSITORY)) for file in WORKFLOWS} < set(RECIPES)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_by_commit_with_the_version_behind_it(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text())
    assert used
    pinned = r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\.github/workflows/check\.yml"
    assert all(re.fullmatch(pinned, each) for each in used)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_job_can_only_read_unless_it_has_to_write_and_then_it_runs_no_page(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "secrets" not in job
        if "permissions" in job:
            assert not any("checkout" in step.get("uses", "") for step in job["steps"])
            assert "snippetrun" not in " ".join(step.get("run", "") for step in job["steps"])
    for step in steps(workflow):
        assert "checkout" not in step.get("uses", "") or step["with"]["persist-credentials"] is False


def test_nothing_is_published_that_the_check_of_the_same_commit_has_not_confirmed() -> None:
    publish = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "publish.yml").read_text())["jobs"]
    assert publish["check"] == {"uses": "./.github/workflows/check.yml"}
    assert (publish["build"]["needs"], publish["deploy"]["needs"]) == ("check", "build")
    runs = [step["run"] for step in publish["build"]["steps"] if "run" in step]
    assert runs[1:] == ["snippetrun check --mode replay --confirmed-by report.json", "mkdocs build --strict"]
    gitlab = yaml.safe_load((REPOSITORY / ".gitlab-ci.yml").read_text())
    assert gitlab["stages"] == ["check", "report", "publish"]
    assert gitlab["report"]["artifacts"]["paths"] == ["report.json"]
    assert gitlab["pages"]["script"][0] == "snippetrun check --mode replay --confirmed-by report.json"


def test_what_strangers_send_is_checked_without_the_plugins_that_it_names() -> None:
    [check] = [step for step in steps(RECIPES[".github/workflows/check.yml"]) if step.get("name") == "Check the pages"]
    assert check["env"]["SNIPPETRUN_PLUGINS"] == "${{ github.base_ref && 'no' }}"
    [merge_request, _] = RECIPES[".gitlab-ci.yml"]["check"]["rules"]
    assert merge_request["variables"]["SNIPPETRUN_PLUGINS"] == "no"


def test_pull_requests_from_forks_get_no_secrets() -> None:
    for file in WORKFLOWS:
        text = re.sub(r"#.*", "", file.read_text())
        assert "pull_request_target" not in text
        assert "secrets" not in text
        assert "workflow_run" not in text


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_nothing_that_others_name_stands_in_a_script(file: Path) -> None:
    assert not any("${{" in step.get("run", "") for step in steps(yaml.safe_load(file.read_text())))


@pytest.mark.parametrize("text", list(all_scripts()))
def test_every_script_is_valid_shell(text: str) -> None:
    checked = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def record() -> None:
    """Record all pages of the site here, without an engine."""
    site = config.load(Path("mkdocs.yml"))
    found = files.read_all(site, files.find(site))
    runner.run(plan(dataclasses.replace(site, mode=Mode.RUN), found), Heard(), sandboxes=Engine())


def test_the_site_is_published_from_its_recordings_and_not_if_they_are_stale(make_site: MakeSite) -> None:
    folder = make_site({"index.md": PAGE})
    record()
    build = script("publish.yml", "Build the site from its recordings")
    nowhere = {"SNIPPETRUN_MODE": "replay", "DOCKER_HOST": "unix:///nowhere/docker.sock"}
    built = bash(build, **nowhere)
    assert built.returncode == 0, built.stdout + built.stderr
    assert (folder / "site" / "index.html").is_file()
    (folder / "docs" / "index.md").write_text(PAGE.replace("docker ps", "docker info"))
    stale = bash(build, **nowhere)
    assert "docs/index.md:4: stale: it has changed since it was recorded" in stale.stdout + stale.stderr
    assert stale.returncode == 1


def test_a_pull_request_is_told_what_recordings_newly_say(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE})
    git = "git -c user.name=a -c user.email=a@b -c commit.gpgsign=false"
    record()
    bash(f"git init --quiet && git add --all && {git} commit --quiet --message base && git checkout --quiet -b change")
    Path("docs/b.md").write_text(PAGE)
    record()
    bash(f"git add --all && {git} commit --quiet --message change && git checkout --quiet -")
    bash(f"{git} merge --quiet --no-ff --message merged change")
    told = bash(script("check.yml", "Show what recordings newly say"), GITHUB_STEP_SUMMARY="summary.md")
    assert told.returncode == 0, told.stderr
    assert "+++ docs/b.md (now)\n+$ docker ps\n" in Path("summary.md").read_text()
    gitlab = "\n".join(yaml.safe_load((REPOSITORY / ".gitlab-ci.yml").read_text())["news"]["script"])
    assert "+++ docs/b.md (now)\n+$ docker ps\n" in bash(gitlab, CI_MERGE_REQUEST_DIFF_BASE_SHA="HEAD^1").stdout


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for GitHub's command, which is not to be had here: it notes what it is asked, and knows the issues."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "gh").write_text(
        '#!/bin/sh\necho "$*" >> "$GH_LOG"\n[ "$1 $2" != "issue list" ] || cat "$GH_ISSUES"\n'
        'for word; do [ "$word" != drift.md ] || cp drift.md "$GH_LOG.body"; done\n'
    )
    (folder / "gh").chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("status", "issues", "asked"),
    [
        ("1", "", ["label create drift", "issue create --title Pages no longer say what is true --label drift"]),
        ("1", "7\n", ["issue edit 7 --body-file drift.md"]),
        ("0", "7\n", ["issue close 7 --comment All is well again: https://example.org/run"]),
        ("0", "", []),
    ],
)
def test_drift_is_one_issue_that_is_opened_updated_and_closed(
    gh: Path, status: str, issues: str, asked: list[str]
) -> None:
    Path("drift.md").write_text("What has drifted.\n")
    Path("issues").write_text(issues)
    ran = bash(
        script("nightly.yml", "Open, update or close the issue"),
        PATH=f"{gh}:{os.environ['PATH']}",
        GH_LOG=str(Path.cwd() / "log"),
        GH_ISSUES=str(Path.cwd() / "issues"),
        RUN="https://example.org/run",
        STATUS=status,
    )
    assert ran.returncode == 0, ran.stderr
    first, *rest = Path("log").read_text().splitlines()
    assert first.startswith("issue list --state open --label drift")
    assert len(rest) == len(asked)
    assert all(line.startswith(start) for line, start in zip(rest, asked, strict=True))
    if status == "1":
        assert Path("log.body").read_text() == "What has drifted.\n\nFound by https://example.org/run\n"


@pytest.mark.engine
@pytest.mark.usefixtures("engine")
def test_the_scripts_of_the_workflows_run(make_site: MakeSite) -> None:
    folder = make_site({f"{name}.md": PAGE for name in "ab"})
    assert bash("snippetrun run").returncode == 0
    for number in (1, 2, 3):
        ran = bash(script("check.yml", "Check the pages"), SHARD=f"{number}/3", SINCE="")
        assert ran.returncode == 0, ran.stderr
        (folder / "reports" / f"report-{number}").mkdir(parents=True)
        shutil.move("report.json", f"reports/report-{number}/report.json")
    merged = bash(script("check.yml", "Merge the reports"))
    assert (merged.returncode, merged.stderr[:28]) == (0, "2 pages, 2 snippets, 2 comma"), merged.stderr
    confirmed = bash(script("publish.yml", "Take no recording that the check has not confirmed"))
    assert confirmed.returncode == 0, confirmed.stderr
    assert ET.parse("report.xml").getroot().get("tests") == "2"
    output = folder / "output"
    assert bash(script("nightly.yml", "Check all pages"), GITHUB_OUTPUT=str(output)).returncode == 0
    (folder / "docs" / "a.md").write_text(PAGE.replace("docker ps", "docker ps -a"))
    drifted = bash(script("nightly.yml", "Check all pages"), GITHUB_OUTPUT=str(output))
    assert drifted.returncode == 1
    assert output.read_text() == "status=0\nstatus=1\n"
    assert "docs/a.md:4: nobody has recorded it as it stands here" in (folder / "drift.md").read_text()
    [anywhere] = [text for language, _, text in FENCES if language == "bash" and "case" in text]
    told = bash(anywhere)
    assert (told.returncode, told.stdout) == (1, "a page does not say what is true: see report.md\n")


def test_anywhere_else_each_exit_status_is_told_from_the_others(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE})
    [anywhere] = [text for language, _, text in FENCES if language == "bash" and "case" in text]
    dead = bash(anywhere, DOCKER_HOST="unix:///nowhere/docker.sock")
    assert (dead.returncode, dead.stdout) == (3, "the engine or a registry failed: try again later\n")
    Path("mkdocs.yml").unlink()
    unusable = bash(anywhere)
    assert (unusable.returncode, unusable.stdout) == (2, "something cannot be used: see above\n")


def test_the_pre_commit_hook_stops_a_commit_that_makes_a_recording_stale(
    make_site: MakeSite, tmp_path_factory: pytest.TempPathFactory
) -> None:
    git = "git -c user.name=a -c user.email=a@b -c commit.gpgsign=false"
    hooks = tmp_path_factory.mktemp("hooks")
    shutil.copy(REPOSITORY / ".pre-commit-hooks.yaml", hooks)
    bash(f"cd {hooks} && git init --quiet && git add --all && {git} commit --quiet --message hooks")
    folder = make_site({"a.md": PAGE})
    record()
    recipe = RECIPES[".pre-commit-config.yaml"]
    recipe["repos"][0] |= {"repo": str(hooks), "rev": bash(f"git -C {hooks} rev-parse HEAD").stdout.strip()}
    # The snippetrun of these tests instead of one from a registry; all the rest is as in the recipe.
    recipe["repos"][0]["hooks"][0]["language"] = "system"
    (folder / ".pre-commit-config.yaml").write_text(json.dumps(recipe))
    cache = {"PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("cache"))}
    began = bash(f"git init --quiet && pre-commit install && git add --all && {git} commit -m one", **cache)
    assert "pages are as they were recorded" in began.stderr
    assert began.returncode == 0, began.stderr
    (folder / "docs" / "a.md").write_text(PAGE.replace("docker ps", "docker info"))
    stopped = bash(f"git add --all && {git} commit -m two", **cache)
    assert "docs/a.md:4: stale: it has changed since it was recorded" in stopped.stderr
    assert stopped.returncode == 1

"""The recipes for CI: they are the files that this repository uses, and they are safe."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import REPOSITORY
from helpers import ci
from helpers.ci import BIN, MADE, RECIPES, WORKFLOWS, bash, steps


@pytest.mark.parametrize("title", sorted(RECIPES.keys() - {ci.STEP, ".pre-commit-config.yaml"}))
def test_the_recipes_are_the_files_that_this_repository_uses(title: str) -> None:
    assert ci.as_recipe(yaml.safe_load((REPOSITORY / title).read_text())) == RECIPES[title]


def test_every_workflow_is_a_recipe_or_is_called_by_one() -> None:
    assert {str(file.relative_to(REPOSITORY)) for file in WORKFLOWS if file not in ci.CALLED} < set(RECIPES)
    text = "".join(text for _, _, text in ci.FENCES)
    assert all(f"OWNER/snippetrun/.github/workflows/{file.name}@v1" in text for file in ci.CALLED)


def test_the_step_of_the_recipe_says_what_holds_if_nothing_is_said() -> None:
    [step] = RECIPES[ci.STEP]
    inputs = yaml.safe_load(ci.ACTION.read_text())["inputs"]
    assert step["with"] == {name: about["default"] for name, about in inputs.items()}


def test_actionlint_has_nothing_against_the_workflows_and_the_action() -> None:
    path = f"{BIN}:{os.environ['PATH']}"  # where shellcheck is, too
    linted = subprocess.run(
        ["jactionlint"], cwd=REPOSITORY, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


@pytest.mark.parametrize("kind", ["github-workflows", "github-actions", "gitlab-ci"])
def test_the_files_are_as_their_schemas_say(kind: str, tmp_path: Path) -> None:
    head = (REPOSITORY / "templates" / "snippetrun.yml").read_text().split("\n---\n")[0]
    (tmp_path / "head.yml").write_text(head)
    (tmp_path / "jobs.yml").write_text(yaml.safe_dump(ci.component()))
    (tmp_path / "recipe.yml").write_text(yaml.safe_dump(RECIPES[".gitlab-ci.yml"]))
    gitlab = [REPOSITORY / ".gitlab-ci.yml", *(tmp_path / f"{name}.yml" for name in ("head", "jobs", "recipe"))]
    about: list[Path] = {"github-workflows": WORKFLOWS, "github-actions": [ci.ACTION], "gitlab-ci": gitlab}[kind]
    checked = bash(f"check-jsonschema --builtin-schema vendor.{kind} {' '.join(map(str, about))}")
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("file", MADE, ids=lambda file: file.name)
def test_actions_are_pinned_by_commit_with_the_version_behind_it(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text())
    assert used
    pinned = r"actions/[a-z-]+(/restore|/save)?@[0-9a-f]{40} # v\d+\.\d+\.\d+"
    own = r"\./(\.snippetrun|\.github/workflows/(pages|drift)\.yml)?"
    assert all(re.fullmatch(f"{pinned}|{own}", name) for name in used)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_job_can_only_read_unless_it_has_to_write_and_then_it_runs_no_page(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "secrets" not in job
        if "permissions" in job and "steps" in job:
            assert not any(step.get("uses", "").startswith("./") for step in job["steps"])
            assert not any(re.search(r"\b(pip|snippetrun) ", step.get("run", "")) for step in job["steps"])
    for step in steps(file):
        assert "checkout" not in step.get("uses", "") or step["with"]["persist-credentials"] is False


def test_a_caller_lets_the_jobs_of_a_called_workflow_do_what_they_ask_for_and_no_more() -> None:
    jobs = yaml.safe_load((REPOSITORY / ".github/workflows/drift.yml").read_text())["jobs"].values()
    wanted = {name: may for job in jobs for name, may in job.get("permissions", {}).items()}
    assert RECIPES[".github/workflows/nightly.yml"]["jobs"]["drift"]["permissions"] == wanted


@pytest.mark.parametrize("file", ci.CALLED, ids=lambda file: file.name)
def test_a_called_workflow_takes_the_action_of_its_own_commit(file: Path) -> None:
    own = {"repository": "${{ job.workflow_repository }}", "ref": "${{ job.workflow_sha }}", "path": ".snippetrun"}
    jobs = yaml.safe_load(file.read_text())["jobs"].values()
    users = [job["steps"] for job in jobs if any(step.get("uses") == "./.snippetrun" for step in job["steps"])]
    assert users
    assert all(any(own.items() <= step.get("with", {}).items() for step in user) for user in users)


def test_jobs_that_call_the_workflow_in_one_run_may_each_have_artifacts_of_their_own() -> None:
    given = "${{ inputs.artifact }}"
    called = ci.REPOSITORY / ".github" / "workflows" / "pages.yml"
    names = [
        step["with"] for file in (ci.ACTION, called) for step in steps(file) if "artifact@" in step.get("uses", "")
    ]
    assert [name.get("name", name.get("pattern")).startswith(f"{given}-") for name in names] == [True, True]
    actions = [step["with"] for step in steps(called) if step.get("uses") == "./.snippetrun"]
    assert [action["artifact"] for action in actions] == [given, given]


def test_what_strangers_send_is_checked_without_the_plugins_that_it_names() -> None:
    pages = yaml.safe_load((REPOSITORY / ".github/workflows/pages.yml").read_text())["jobs"]["pages"]
    assert pages["env"]["SNIPPETRUN_PLUGINS"] == "${{ github.base_ref && !inputs.plugins && 'no' || '' }}"
    first = ci.component()["snippetrun-check"]["script"][0]
    said = {
        (since, plugins): bash(f'{first}\necho "$SNIPPETRUN_PLUGINS"', SINCE=since, PLUGINS=plugins).stdout.strip()
        for since in ("", "a1b2c3")
        for plugins in ("false", "true")
    }
    assert said == {("", "false"): "", ("", "true"): "", ("a1b2c3", "false"): "no", ("a1b2c3", "true"): ""}


def test_nothing_is_published_that_the_check_of_the_same_commit_has_not_confirmed() -> None:
    publish = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "publish.yml").read_text())["jobs"]
    assert publish["check"]["uses"] == "./.github/workflows/pages.yml"
    assert (publish["build"]["needs"], publish["deploy"]["needs"]) == ("check", "build")
    commands = [step.get("with", {}).get("command") or step.get("run") for step in publish["build"]["steps"]]
    confirmed = "check --mode replay --confirmed-by checked/report.json"
    assert list(filter(None, commands)) == [confirmed, "mkdocs build --strict"]
    gitlab = yaml.safe_load((REPOSITORY / ".gitlab-ci.yml").read_text())["pages"]
    component = ci.component()
    assert (component[".snippetrun"]["stage"], gitlab["stage"]) == ("test", "deploy")
    assert component["snippetrun-report"]["artifacts"]["paths"] == ["report.json"]
    assert gitlab["script"][1] == "snippetrun check --mode replay --confirmed-by report.json"


@pytest.mark.parametrize("file", MADE, ids=lambda file: file.name)
def test_pull_requests_from_forks_get_no_secrets(file: Path) -> None:
    text = re.sub(r"#.*", "", file.read_text())
    assert not re.search("pull_request_target|secrets|workflow_run", text)


@pytest.mark.parametrize("file", MADE, ids=lambda file: file.name)
def test_nothing_that_others_name_stands_in_a_script(file: Path) -> None:
    assert not any("${{" in step.get("run", "") for step in steps(file))


@pytest.mark.parametrize("text", list(ci.all_scripts()))
def test_every_script_is_valid_shell(text: str) -> None:
    checked = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr

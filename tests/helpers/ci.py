"""What CI runs, for others and for us: the action, the workflows, GitLab's component, and the recipes that use them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
ACTION = REPOSITORY / "action.yml"
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
MADE = [ACTION, *WORKFLOWS]
CALLED = [file for file in WORKFLOWS if file.name in {"pages.yml", "drift.yml"}]
"""Those that others call."""
BIN = Path(sys.executable).parent
# the fence of a recipe: ```yaml title=".gitlab-ci.yml"
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
FENCES: list[tuple[str, str, str]] = FENCE.findall((REPOSITORY / "docs" / "reference" / "ci.md").read_text())
RECIPES = {title: yaml.safe_load(text) for language, title, text in FENCES if language == "yaml"}
STEP = "a step of yours, after the checkout"

INSTALL = "--constraint constraints.txt . --group site"
"""How this repository installs what its recipes take from a registry."""


def steps(file: Path) -> Iterator[dict[str, Any]]:
    """The steps of a workflow or an action."""
    document = yaml.safe_load(file.read_text())
    for job in document["jobs"].values() if "jobs" in document else [document["runs"]]:
        yield from job.get("steps", ())


def script(file: str, name: str) -> str:
    """The shell of a step of a workflow or of `action.yml`."""
    [text] = [step["run"] for path in MADE if path.name == file for step in steps(path) if step.get("name") == name]
    return str(text)


def component(**inputs: object) -> dict[str, Any]:
    """The jobs of GitLab's component, as GitLab fills its inputs in."""
    head, text = (REPOSITORY / "templates" / "snippetrun.yml").read_text().split("\n---\n")
    for name, about in yaml.safe_load(head)["spec"]["inputs"].items():
        value = inputs.get(name, about["default"])
        text = text.replace(f"$[[ inputs.{name} ]]", str(value).lower() if isinstance(value, bool) else str(value))
    jobs: dict[str, Any] = yaml.safe_load(text)
    return jobs


def anywhere_else() -> str:
    """The recipe that needs nothing but a shell."""
    [text] = [text for language, _, text in FENCES if language == "bash" and "case" in text]
    return text


def all_scripts() -> Iterator[str]:
    """All shell that CI runs."""
    for file in MADE:
        yield from (step["run"] for step in steps(file) if "run" in step)
    for job in (component() | yaml.safe_load((REPOSITORY / ".gitlab-ci.yml").read_text())).values():
        if isinstance(job, dict):
            yield from (line for key in ("before_script", "script") for line in job.get(key, ()))
    yield from (text for language, _, text in FENCES if language == "bash")


def as_recipe(used: Any) -> Any:  # noqa: ANN401 - YAML
    """A file of this repository as others have it, for whom the tool is not what changes, and comes from elsewhere."""
    if isinstance(used, list):
        return [as_recipe(value) for value in used]
    if isinstance(used, dict) and "local" in used:
        return {"component": "$CI_SERVER_FQDN/OWNER/snippetrun/snippetrun@v1"}
    if isinstance(used, dict):
        less = {
            key: as_recipe(value)
            for key, value in used.items()
            if key != "tool" and (key, value) not in (("install", INSTALL), ("all", True))
        }
        return {key: value for key, value in less.items() if value != {}}
    text = str(used)
    if text.startswith("./"):
        return f"OWNER/snippetrun{text.removeprefix('.').removesuffix('/')}@v1"
    return "pip install -r requirements.txt" if text == f"pip install {INSTALL}" else used


def bash(text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run shell as a step of GitHub Actions runs it."""
    return subprocess.run(
        ["bash", "-e", "-c", text],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "NO_MKDOCS_2_WARNING": "1"} | environment,
    )


def run_action(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Do the action's own step with a command; its files come into a folder."""
    return bash(
        script("action.yml", "Run"),
        COMMAND=command,
        GITHUB_ACTIONS="true",
        GITHUB_OUTPUT=str(folder / "output"),
        GITHUB_STEP_SUMMARY=str(folder / "summary.md"),
        RUNNER_TEMP=str(folder),
    )

"""What the command line makes of a report: files, GitHub's annotations and summary, and exit statuses."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from conftest import MakeSite
from helpers.command_line import PAGE, actions, snippetrun

from snippetrun import cli
from snippetrun.report import json_

CLI = Path(cli.__file__).parent
NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
REPLAY = ("check", "--mode", "replay")


def commit_all() -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "all"], check=True)


@pytest.mark.parametrize("command", ["check", "run"])
def test_reports_are_written_also_when_the_engine_is_not_there(make_site: MakeSite, command: str) -> None:
    folder = make_site({"a.md": PAGE})
    files = {form: folder / "out" / f"report.{form}" for form in ("junit", "json", "markdown")}
    process = snippetrun(command, *(f"--report={form}={file}" for form, file in files.items()), **NO_ENGINE)
    assert process.returncode == 3
    document = json.loads(files["json"].read_text())
    jsonschema.Draft202012Validator(json.loads(json_.SCHEMA_FILE.read_text())).validate(document)
    assert document["exit_status"] == 3
    assert document["summary"]["not_reached"] == 2
    assert "no Docker engine answers" in document["problems"][0]["message"]
    assert ET.parse(files["junit"]).getroot().get("errors") == "1"
    assert "no Docker engine answers" in files["markdown"].read_text()
    assert sorted(file.name for file in (folder / "out").iterdir()) == [
        "report.json",
        "report.junit",
        "report.markdown",
    ]


def test_with_json_standard_output_has_the_same_document_and_nothing_else(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE})
    process = snippetrun(*REPLAY, "--json", f"--report=json={folder / 'a.json'}", **actions(folder))
    assert process.stdout == (folder / "a.json").read_text()


def test_a_report_that_cannot_be_written_is_an_error_with_its_name(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE})
    process = snippetrun(*REPLAY, "--report", "junit=docs")
    assert "docs: the report cannot be written: " in process.stderr
    assert "Traceback" not in process.stderr
    assert process.returncode == 2


@pytest.mark.parametrize("value", ["junit", "junit=", "html=a.html", "=a"])
def test_a_form_that_does_not_exist_is_wrong_usage(make_site: MakeSite, value: str) -> None:
    make_site({"a.md": PAGE})
    process = snippetrun(*REPLAY, "--report", value)
    assert "is no FORMAT=FILE: there are junit, json, markdown" in process.stderr
    assert process.returncode == 2


def test_github_gets_annotations_and_a_summary_by_itself(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE})
    process = snippetrun(*REPLAY, **actions(folder))
    assert "\n::error title=stale%3A it has not been recorded yet,file=docs/a.md,line=4::Record it" in process.stderr
    assert "stale: it has not been recorded yet" in (folder / "summary.md").read_text()
    assert process.returncode == 1


def test_annotations_name_files_from_the_root_of_the_repository(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE})
    process = snippetrun(*REPLAY, **actions(folder.parent))
    assert f",file={folder.name}/docs/a.md,line=4::" in process.stderr


def test_a_mistake_in_a_page_is_annotated_where_it_is(make_site: MakeSite) -> None:
    folder = make_site({"a.md": "```console {timout=3}\n$ docker ps\n```\n"})
    process = snippetrun("check", **actions(folder))
    assert ",file=docs/a.md,line=1,col=13::" in process.stderr
    assert process.returncode == 2


def test_the_summary_is_added_to_what_others_have_written(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE})
    (folder / "summary.md").write_text("Reference.\n")
    snippetrun(*REPLAY, **actions(folder))
    assert (folder / "summary.md").read_text().startswith("Reference.\n## snippetrun")


def test_a_shard_annotates_and_leaves_the_summary_to_the_merged_report(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE})
    process = snippetrun(*REPLAY, "--shard", "1/1", f"--report=json={folder / '1.json'}", **actions(folder))
    assert "::error " in process.stderr
    assert not (folder / "summary.md").exists()
    merged = snippetrun("merge", "1.json", **actions(folder))
    assert "::error " not in merged.stderr
    assert "stale: it has not been recorded yet" in (folder / "summary.md").read_text()
    assert merged.returncode == process.returncode == 1


def test_without_annotations_github_is_told_nothing(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE})
    process = snippetrun(*REPLAY, "--no-annotations", **actions(folder))
    assert "::error" not in process.stderr
    assert not (folder / "summary.md").exists()


def test_elsewhere_there_are_no_annotations(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE})
    assert "::error" not in snippetrun(*REPLAY, GITHUB_ACTIONS="").stderr


def test_a_file_whose_name_is_a_workflow_command_is_none_in_the_log(make_site: MakeSite) -> None:
    folder = make_site({"a\n::error::x.md": PAGE})
    for arguments in (("list",), REPLAY):
        process = snippetrun(*arguments, **actions(folder), **NO_ENGINE)
        lines = [line for line in (process.stdout + process.stderr).split("\n") if line.lstrip().startswith("::")]
        assert all(line.startswith("::error title=") for line in lines)
        assert ": :error::x.md" in process.stdout + process.stderr


def test_a_summary_that_cannot_be_written_is_said_and_changes_nothing(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE})
    process = snippetrun(*REPLAY, **actions(folder, GITHUB_STEP_SUMMARY=str(folder)))
    assert "the summary of the job cannot be written: Is a directory" in process.stderr
    assert process.returncode == 1


def test_no_command_prints_past_what_makes_output_inert() -> None:
    printing = [file.name for file in CLI.glob("*.py") if re.search(r"click\.echo|print\(|sys\.std", file.read_text())]
    # In `interactive` somebody types into the sandbox, and sees its terminal as it is.
    assert set(printing) == {"__init__.py", "group.py", "interactive.py", "report_options.py"}


@pytest.mark.parametrize("command", ["check", "run", "update"])
def test_where_no_page_has_changed_one_line_says_so(make_site: MakeSite, command: str) -> None:
    folder = make_site({"a.md": PAGE})
    commit_all()
    process = snippetrun(command, "--changed-since", "HEAD", **NO_ENGINE)
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "no page changed since HEAD\n")
    if command != "update":
        file = folder / "a.json"
        snippetrun(command, "--changed-since", "HEAD", f"--report=json={file}")
        document = json.loads(file.read_text())
        assert (document["note"], document["changed_since"]) == ("no page changed since HEAD", "HEAD")


def test_a_change_on_a_page_where_nothing_runs_needs_no_engine(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE, "b.md": "# B\n"})
    commit_all()
    (folder / "docs" / "b.md").write_text("# C\n")
    process = snippetrun("check", "--changed-since", "HEAD", **NO_ENGINE)
    assert (process.returncode, process.stderr) == (0, "nothing runs on the pages that changed since HEAD\n")


def test_a_change_that_only_looks_like_a_command_is_noticed(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE, "b.md": "# B\n"})
    commit_all()
    (folder / "docs" / "b.md").write_text("# B\n\n```console\ndocker ps\n```\n")
    process = snippetrun("check", "--changed-since", "HEAD", **NO_ENGINE)
    assert process.stderr.startswith("docs/b.md:4: nothing in this fence runs")
    assert process.returncode == 1


@pytest.mark.parametrize("command", ["check", "run", "update"])
def test_an_unknown_revision_is_wrong_usage(make_site: MakeSite, command: str) -> None:
    make_site({"a.md": PAGE})
    commit_all()
    process = snippetrun(command, "--changed-since", "nope")
    assert "git knows no revision nope" in process.stderr
    assert process.returncode == 2


def test_a_shard_that_does_not_exist_is_wrong_usage(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE})
    process = snippetrun("check", "--shard", "6/5")
    assert "'6/5' is no shard: write 2/5 for the second of five" in process.stderr
    assert process.returncode == 2


def test_reports_that_cannot_be_merged_are_wrong_usage(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE, "b.md": PAGE})
    snippetrun(*REPLAY, "--shard=1/2", "--report=json=1.json", "--report=json=copy.json")
    snippetrun(*REPLAY, "--report=json=whole.json")
    for arguments, complaint in (
        ("", "Missing argument"),
        ("no.json", "no.json: cannot be read: No such file or directory"),
        ("mkdocs.yml", "mkdocs.yml: is no valid JSON"),
        ("1.json 1.json", "1.json: is named twice"),
        ("1.json", "shard not there: 2/2"),
        ("1.json copy.json", "copy.json: shard 1/2 is there twice: 1.json has it too"),
        ("whole.json 1.json", "whole.json: is no report of a shard"),
    ):
        process = snippetrun("merge", *arguments.split(), "--report", "junit=merged.xml")
        assert complaint in process.stderr
        assert "Traceback" not in process.stderr
        assert process.returncode == 2
        assert not (folder / "merged.xml").exists()


def test_merged_reports_go_where_others_go(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE, "b.md": PAGE})
    for number in (1, 2):
        snippetrun(*REPLAY, f"--shard={number}/2", f"--report=json={number}.json")
    process = snippetrun("merge", "2.json", "1.json", "--json", "--report=junit=merged.xml")
    assert [page["path"] for page in json.loads(process.stdout)["pages"]] == ["docs/a.md", "docs/b.md"]
    assert ET.parse("merged.xml").getroot().get("tests") == "6"
    assert process.returncode == 1
    assert "2 pages, 4 snippets, 6 commands (2 skipped, 4 stale)" in process.stderr

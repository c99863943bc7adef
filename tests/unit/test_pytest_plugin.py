"""The pytest face: whole sessions, in memory."""

from __future__ import annotations

import dataclasses
import runpy
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from conftest import REPOSITORY

from snippetrun import config, report, runner
from snippetrun.extract import files
from snippetrun.model import Mode
from snippetrun.plan import plan
from snippetrun.tasks import check

PAGE = """# A

```console
$ docker ps
$ docker volume ls
```

```console {skip="needs a GPU"}
$ docker run gpu
```

```console
$ docker info
$ docker rm x
```

```console
$ docker images
```

```console
$ docker images --all
```
"""
CONFTEST = """
from contextlib import contextmanager

from snippetrun.errors import EngineError, ImageError, Problem, SandboxError
from snippetrun.model import Ending
from snippetrun.sandbox.fake import FakeSandbox

ANSWERS = {{"docker ps": "ID\\n", "docker volume ls": "", "docker info": "i\\n", "docker rm x": "x\\n",
    "docker images": "", "docker images --all": ""}} | {answers}


def note(line):
    with open("notes", "a") as notes:
        notes.write(line + "\\n")


def pytest_snippetrun_sandboxes():
    @contextmanager
    def prepared(site, say):
        note("prepared")
        say("making ready")
        {prepare}

        @contextmanager
        def start(job):
            {start}
            sandbox = FakeSandbox(ANSWERS)
            yield sandbox
            note(job.page.path + ": " + ", ".join(sandbox.commands))

        yield start
        note("gone")

    return prepared
"""
LINE_4, LINE_9, LINE_13 = "line 4: docker ps", "line 9: docker run gpu", "line 13: docker info"
LINE_18, LINE_22 = "line 18: docker images", "line 22: docker images --all"
FAILING = {"docker rm x": ("no x\n", 1)}
LOST = '{"docker rm x": Ending.SHELL_GONE}'
"""A command that leaves no terminal for those below it."""


@dataclasses.dataclass
class Project:
    """A folder with a site, in which pytest is run."""

    pytester: pytest.Pytester

    def write(self, **pages: str) -> None:
        for name, text in pages.items():
            (self.pytester.path / "docs").mkdir(exist_ok=True)
            (self.pytester.path / "docs" / f"{name}.md").write_text(text)

    def answer(self, answers: object = None, *, prepare: str = "", start: str = "") -> None:
        """Say what the machine does: answer commands, and perhaps fail."""
        self.pytester.makeconftest(CONFTEST.format(answers=answers or {}, prepare=prepare, start=start))

    @property
    def sandboxes(self) -> runner.Sandboxes:
        """The machine, for those who are not pytest."""
        made: runner.Sandboxes = runpy.run_path("conftest.py")["pytest_snippetrun_sandboxes"]()
        return made

    def record(self) -> None:
        """Record what the machine answers, as `snippetrun run` would."""
        site = dataclasses.replace(config.load(Path("mkdocs.yml")), mode=Mode.RUN)
        runner.run(plan(site, files.read_all(site, files.find(site))), runner.Watcher(), sandboxes=self.sandboxes)

    def check(self) -> list[str]:
        """Return what `snippetrun check` says of the site."""
        site = config.load(Path("mkdocs.yml"))
        results = check.check(plan(site, files.read_all(site, files.find(site))), runner.Watcher(), self.sandboxes)
        return [report.diagnostic(problem) for result in results for problem in report.failures(result)]

    def pytest(self, *arguments: str, mode: str = "run") -> pytest.RunResult:
        (self.pytester.path / "notes").unlink(missing_ok=True)
        return self.pytester.runpytest_inprocess("docs", "--snippetrun", "-o", f"snippetrun_mode={mode}", *arguments)

    @property
    def notes(self) -> list[str]:
        """What the machine did."""
        return (self.pytester.path / "notes").read_text().splitlines()


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    # So that it does not matter whether this version is installed.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "snippetrun.pytest_plugin")
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(pytester.path / "cache"))
    monkeypatch.delenv("CI", raising=False)
    (pytester.path / "mkdocs.yml").write_text("plugins: [snippetrun]\n")
    made = Project(pytester)
    made.write(a=PAGE)
    made.answer()
    return made


def outcomes(session: pytest.RunResult) -> dict[str, int]:
    return {name: number for name, number in session.parseoutcomes().items() if name not in ("deselected", "warnings")}


def test_without_the_option_nothing_is_collected_or_imported(project: Project) -> None:
    project.pytester.makeconftest(
        """
import sys

def pytest_unconfigure():
    ours = sorted(name for name in sys.modules if name.startswith("snippetrun"))
    print("ours:", *ours)
    print("others:", *({"docker", "markdown_it", "yaml", "mkdocs", "rich", "pymdownx"} & set(sys.modules)))
"""
    )
    session = project.pytester.runpytest_subprocess("docs")
    assert session.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    ours = ["", ".pytest_plugin", ".pytest_plugin.hooks", ".support", ".support.version"]
    session.stdout.fnmatch_lines(
        [" ".join(["ours:", *(f"snippetrun{name}" for name in ours)]), "others:"], consecutive=True
    )


def test_a_hook_of_ours_may_stand_in_a_conftest_of_a_session_without_the_option(project: Project) -> None:
    session = project.pytester.runpytest_inprocess("docs")
    assert session.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_each_snippet_is_an_item_with_its_line(project: Project) -> None:
    session = project.pytest("--collect-only", "-q")
    lines = [LINE_4, LINE_9, LINE_13, LINE_18, LINE_22]
    assert session.outlines[:5] == [f"docs/a.md::{line}" for line in lines]
    assert not (project.pytester.path / "notes").exists()


def test_a_node_id_holds_neither_control_characters_nor_separators_of_its_own(project: Project) -> None:
    project.write(a="# A\n\n```console\n$ docker run -p [::1]:80\t\x1b[1mx\n```\n")
    session = project.pytest("--collect-only", "-q")
    assert session.outlines[0] == "docs/a.md::line 4: docker run -p [:1]:80 x"
    session = project.pytester.runpytest_inprocess("--snippetrun", "--collect-only", session.outlines[0])
    assert session.ret == pytest.ExitCode.OK


def test_snippets_pass_and_skip_for_the_reason_on_the_page(project: Project) -> None:
    session = project.pytest("-rs")
    assert outcomes(session) == {"passed": 4, "skipped": 1}
    session.stdout.fnmatch_lines(["*docs/a.md*: needs a GPU"])


def test_a_page_that_is_skipped_skips_all_its_snippets_and_needs_no_engine(project: Project) -> None:
    project.write(a="---\nsnippetrun: {skip: not this year}\n---\n" + PAGE)
    session = project.pytest("-rs")
    assert outcomes(session) == {"skipped": 5}
    session.stdout.fnmatch_lines(["*SKIPPED [[]5[]] docs/a.md: not this year"])
    assert not (project.pytester.path / "notes").exists()


def test_pages_share_what_sandboxes_stand_on_and_each_has_a_sandbox(project: Project, digested: list[Path]) -> None:
    project.write(b=PAGE)
    session = project.pytest()
    assert outcomes(session) == {"passed": 8, "skipped": 2}
    assert len(digested) == 1
    commands = "docker ps, docker volume ls, docker info, docker rm x, docker images, docker images --all"
    assert project.notes == ["prepared", f"docs/a.md: {commands}", f"docs/b.md: {commands}", "gone"]
    session.stdout.fnmatch_lines(["snippetrun: making ready"])


def test_a_selected_snippet_runs_what_stands_above_it_and_reports_itself_alone(project: Project) -> None:
    for selection in (["-k", "rm"], ["--deselect", f"docs/a.md::{LINE_4}", "-k", "info"]):
        session = project.pytest("-v", *selection)
        assert outcomes(session) == {"passed": 1}
        session.stdout.fnmatch_lines([f"docs/a.md::{LINE_13} PASSED*"])
        assert project.notes[1] == "docs/a.md: docker ps, docker volume ls, docker info, docker rm x"


def test_node_ids_select_snippets_of_a_page_that_runs_once(project: Project) -> None:
    ids = [f"docs/a.md::{line}" for line in (LINE_4, LINE_18)]
    session = project.pytester.runpytest_inprocess("--snippetrun", "-o", "snippetrun_mode=run", *ids)
    assert outcomes(session) == {"passed": 2}
    assert len(project.notes) == 3


def test_a_failure_is_told_in_the_words_of_check_and_without_a_traceback(project: Project) -> None:
    project.record()
    project.answer(FAILING)
    [words] = project.check()
    session = project.pytest(mode="check")
    assert words in session.stdout.str()
    assert ".py:" not in session.stdout.str()
    session.stdout.fnmatch_lines(
        [
            "*_ docs/a.md:13: docker info _*",
            "docs/a.md:14: exit status 1, expected 0",
            f"FAILED docs/a.md::{LINE_13} - exit status 1, expected 0",
        ]
    )
    assert session.ret == pytest.ExitCode.TESTS_FAILED


def test_a_short_traceback_names_the_line_of_the_page(project: Project) -> None:
    project.answer(FAILING)
    session = project.pytest("--tb=line")
    session.stdout.fnmatch_lines(["docs/a.md:14: exit status 1, expected 0"])


def test_snippets_below_a_failure_run(project: Project) -> None:
    project.answer(FAILING | {"docker images": ("no\n", 1)})
    session = project.pytest()
    assert outcomes(session) == {"passed": 2, "failed": 2, "skipped": 1}
    session.stdout.fnmatch_lines(["docs/a.md:18: exit status 1, expected 0; line 14 failed above it"])


def test_snippets_below_the_end_of_their_terminal_are_skipped_as_not_reached(project: Project) -> None:
    project.answer(LOST)
    session = project.pytest("-rs")
    assert outcomes(session) == {"passed": 1, "failed": 1, "skipped": 3}
    session.stdout.fnmatch_lines(["*SKIPPED [[]2[]] docs/a.md:14: not reached: line 14 failed above it"])


def test_a_failure_that_nothing_selected_would_tell_of_fails_the_first_below(project: Project) -> None:
    project.answer(LOST)
    session = project.pytest("-k", "images")
    assert outcomes(session) == {"failed": 1, "skipped": 1}
    session.stdout.fnmatch_lines(
        [
            "docs/a.md:18: not reached: line 14 failed above it",
            "docs/a.md:14: it ended the page's shell",
            f"FAILED docs/a.md::{LINE_18} - not reached: *",
        ]
    )


def test_a_failure_that_a_conftest_skips_is_not_lost(project: Project) -> None:
    project.answer(LOST)
    with (project.pytester.path / "conftest.py").open("a") as conftest:
        conftest.write(
            "\n\nimport pytest\n\ndef pytest_collection_modifyitems(items):\n"
            "    [item] = (item for item in items if 'docker info' in item.name)\n"
            "    item.add_marker(pytest.mark.skip(reason='no time'))\n"
        )
    session = project.pytest()
    assert outcomes(session) == {"passed": 1, "failed": 1, "skipped": 3}
    session.stdout.fnmatch_lines([f"FAILED docs/a.md::{LINE_18} - not reached: *"])


def test_the_order_of_the_items_does_not_matter(project: Project) -> None:
    project.answer(LOST)
    with (project.pytester.path / "conftest.py").open("a") as conftest:
        conftest.write("\n\ndef pytest_collection_modifyitems(items):\n    items.reverse()\n")
    session = project.pytest("-v")
    assert outcomes(session) == {"passed": 1, "failed": 1, "skipped": 3}
    session.stdout.fnmatch_lines([f"docs/a.md::{LINE_13} FAILED*"])


def test_last_failed_runs_the_page_up_to_the_failure_alone(project: Project) -> None:
    project.answer(FAILING)
    project.pytest()
    project.answer()
    session = project.pytest("-v", "--lf")
    assert outcomes(session) == {"passed": 1}
    session.stdout.fnmatch_lines([f"docs/a.md::{LINE_13} PASSED*"])
    assert project.notes[1].endswith("docker rm x")


def test_stepwise_goes_on_where_it_stopped(project: Project) -> None:
    project.answer(FAILING)
    project.pytest("--stepwise")
    project.answer()
    assert outcomes(project.pytest("--stepwise")) == {"passed": 3}


def test_exitfirst_stops_at_the_first_failure(project: Project) -> None:
    project.answer(FAILING)
    project.write(b=PAGE)
    session = project.pytest("-x")
    assert outcomes(session) == {"passed": 1, "failed": 1, "skipped": 1}
    assert [line.split(":")[0] for line in project.notes] == ["prepared", "docs/a.md", "docs/a.md", "gone"]


def test_drift_fails_in_check_and_not_in_run(project: Project) -> None:
    project.record()
    assert outcomes(project.pytest(mode="check")) == {"passed": 4, "skipped": 1}
    project.answer({"docker ps": "other\n"})
    session = project.pytest(mode="check")
    assert outcomes(session) == {"passed": 3, "failed": 1, "skipped": 1}
    session.stdout.fnmatch_lines(
        ["docs/a.md:4: the output is not what was recorded", "*-ID", "*+other", "*snippetrun update docs/a.md"]
    )
    assert outcomes(project.pytest(mode="run")) == {"passed": 4, "skipped": 1}


def test_what_looks_as_if_it_ran_and_does_not_fails(project: Project) -> None:
    project.write(a=PAGE + "\n```console\ndocker ps\n```\n")
    session = project.pytest()
    assert outcomes(session) == {"passed": 4, "skipped": 1, "failed": 1}
    session.stdout.fnmatch_lines(["docs/a.md:26: nothing in this fence runs*", "*Write `$ ` before each command*"])


def test_without_a_snippet_no_test_was_collected(project: Project) -> None:
    project.write(a="# A\n\n```console\n$ ls\n```\n")
    assert project.pytest().ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_bad_page_is_an_error_of_collection_with_its_lines(project: Project) -> None:
    project.write(b="# B\n\n```console {exti=1}\n$ docker ps\n```\n\n```console {skip=}\n$ docker ps\n```\n")
    session = project.pytest()
    assert session.ret == pytest.ExitCode.INTERRUPTED
    session.stdout.fnmatch_lines(["*ERROR collecting docs/b.md*", "docs/b.md:3:13: *exti*", "docs/b.md:7:13: *"])
    assert ".py:" not in session.stdout.str()


def test_a_bad_configuration_is_one_error_of_collection_with_its_line(project: Project) -> None:
    project.write(b=PAGE)
    (project.pytester.path / "mkdocs.yml").write_text("plugins:\n  - snippetrun:\n      jobz: 1\n")
    session = project.pytest()
    assert session.ret == pytest.ExitCode.INTERRUPTED
    assert outcomes(session) == {"errors": 1}
    session.stdout.fnmatch_lines(["mkdocs.yml:3:7: jobz: there is no such key", "    Did you mean jobs?"])
    assert ".py:" not in session.stdout.str()


def test_a_damaged_recording_is_an_error_of_collection(project: Project) -> None:
    project.record()
    file = project.pytester.path / "recordings" / "a.md.json"
    file.write_text(file.read_text().replace("ID", "XX"))
    session = project.pytest(mode="check")
    assert session.ret == pytest.ExitCode.INTERRUPTED
    session.stdout.fnmatch_lines(["recordings/a.md.json: this recording is not as it was written*"])


def test_the_configuration_is_found_above_the_rootdir_or_named(project: Project) -> None:
    (project.pytester.path / "conftest.py").rename(project.pytester.path / "docs" / "conftest.py")
    (project.pytester.path / "docs" / "pytest.ini").write_text("[pytest]\nsnippetrun = true\nsnippetrun_mode = run\n")
    assert outcomes(project.pytester.runpytest_inprocess("docs")) == {"passed": 4, "skipped": 1}
    (project.pytester.path / "mkdocs.yml").rename(project.pytester.path / "other.yml")
    session = project.pytester.runpytest_inprocess("docs")
    session.stdout.fnmatch_lines([f"there is no mkdocs.yml in {project.pytester.path}/docs, nor above it"])
    named = project.pytester.runpytest_inprocess("docs", "--snippetrun-config", "other.yml")
    assert outcomes(named) == {"passed": 4, "skipped": 1}
    in_ini = project.pytester.runpytest_inprocess("docs", "-o", "snippetrun_config=../other.yml")
    assert outcomes(in_ini) == {"passed": 4, "skipped": 1}


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("snippetrun_mode=chekc", "snippetrun_mode: expects check or run, not 'chekc'"),
        ("snippetrun_no_engine=pass", "snippetrun_no_engine: expects skip or fail, not 'pass'"),
    ],
)
def test_a_value_that_does_not_exist_is_wrong_usage(project: Project, option: str, message: str) -> None:
    session = project.pytest("-o", option)
    assert session.ret == pytest.ExitCode.USAGE_ERROR
    session.stderr.fnmatch_lines([f"ERROR: {message}"])


NO_ENGINE = "raise EngineError(Problem('no Docker engine answers', 'Start it.'))"


@pytest.mark.parametrize(
    "arguments", [["docs"], [], ["-p", "xdist", "-n", "2"]], ids=["the folder", "all", "two workers"]
)
def test_pages_that_have_no_file_have_tests(project: Project, arguments: list[str]) -> None:
    (project.pytester.path / "mkdocs.yml").write_text("site_name: x\nplugins: [snippetrun]\nhooks: [hook.py]\n")
    (project.pytester.path / "hook.py").write_text(
        "from mkdocs.structure.files import File\n\n"
        "def on_files(files, config):\n"
        f"    files.append(File.generated(config, 'made/page.md', content={PAGE!r}))\n"
        "    files.append(File.generated(config, 'prose.md', content='# Prose'))\n"
    )
    # In a process of its own: what pytester imports meanwhile it forgets, and MkDocs is not to be there twice.
    session = project.pytester.runpytest_subprocess(*arguments, "--snippetrun", "-v", "-o", "snippetrun_mode=run")
    assert outcomes(session) == {"passed": 8, "skipped": 2}
    session.stdout.fnmatch_lines(["*docs/made/page.md::line 4: docker ps*"])


def test_without_an_engine_snippets_are_skipped_for_one_reason_that_is_always_shown(project: Project) -> None:
    project.write(b=PAGE)
    project.answer(prepare=NO_ENGINE)
    session = project.pytest("-rs")
    assert outcomes(session) == {"skipped": 10}
    assert session.ret == pytest.ExitCode.OK
    reason = "no Docker engine answers. Start it."
    session.stdout.fnmatch_lines([f"SKIPPED [[]8[]] mkdocs.yml:1: snippets need an engine: {reason}"])
    project.pytest().stdout.fnmatch_lines([f"snippetrun: 8 skipped: {reason}"])


@pytest.mark.parametrize(("asked", "ci"), [("fail", ""), ("", "true")])
def test_without_an_engine_snippets_fail_where_that_is_wanted_and_in_ci(
    project: Project, monkeypatch: pytest.MonkeyPatch, asked: str, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)
    project.answer(prepare=NO_ENGINE)
    session = project.pytest("-o", f"snippetrun_no_engine={asked}")
    assert outcomes(session) == {"errors": 4, "skipped": 1}
    assert session.ret == pytest.ExitCode.TESTS_FAILED
    assert session.stdout.str().count("Start it.") == 1
    assert ".py:" not in session.stdout.str()
    session.stdout.fnmatch_lines(
        [
            f"ERROR docs/a.md::{LINE_4} - no Docker engine answers",
            f"ERROR docs/a.md::{LINE_22} - no Docker engine answers",
        ]
    )
    assert project.notes == ["prepared"]


def test_ci_is_overruled_by_the_ini_file(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    project.answer(prepare=NO_ENGINE)
    assert outcomes(project.pytest("-o", "snippetrun_no_engine=skip")) == {"skipped": 5}


def test_an_image_that_fails_is_an_error_and_no_reason_to_skip(project: Project) -> None:
    project.answer(prepare="raise ImageError(Problem('cannot be built', 'See the log.', 'mkdocs.yml', 7))")
    session = project.pytest()
    assert outcomes(session) == {"errors": 4, "skipped": 1}
    session.stdout.fnmatch_lines(["*_ ERROR at setup of docs/a.md:4: docker ps _*", "mkdocs.yml:7: cannot be built"])


def test_a_sandbox_that_fails_is_an_error_of_its_page_and_others_run(project: Project) -> None:
    project.write(b=PAGE)
    project.answer(start="if 'a.md' in job.page.path: raise SandboxError(Problem('did not start', 'A long log.'))")
    session = project.pytest()
    assert outcomes(session) == {"errors": 4, "passed": 4, "skipped": 2}
    assert session.stdout.str().count("A long log.") == 1
    session.stdout.fnmatch_lines(["docs/a.md:3: did not start"])


def test_an_engine_that_goes_away_later_is_an_error(project: Project) -> None:
    project.answer(start="raise EngineError(Problem('the engine is gone'))")
    assert outcomes(project.pytest("-o", "snippetrun_no_engine=skip")) == {"errors": 4, "skipped": 1}


def test_junit_has_files_lines_and_the_time_of_each_snippet(project: Project) -> None:
    project.answer("{'docker images': Ending.TIMED_OUT, 'docker rm x': 'x\\n'}")
    conftest = project.pytester.path / "conftest.py"
    conftest.write_text("from snippetrun.model import Ending\n" + conftest.read_text())
    project.pytest("--junitxml=report.xml", "-o", "junit_family=xunit1")
    cases = list(ET.parse("report.xml").iter("testcase"))
    assert [case.attrib["name"] for case in cases] == [LINE_4, LINE_9, LINE_13, LINE_18, LINE_22]
    assert {case.attrib["file"] for case in cases} == {"docs/a.md"}
    assert [int(case.attrib["line"]) + 1 for case in cases] == [4, 9, 13, 18, 22]  # pytest counts from 0 there
    assert [float(case.attrib["time"]) >= 60 for case in cases] == [False, False, False, True, False]
    [failure] = cases[3]
    assert failure.attrib["message"] == "still running after 60 s"
    assert (failure.text or "").startswith("docs/a.md:18: still running after 60 s")


def test_workers_run_each_page_that_fails_twice_and_report_the_same(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_PLUGINS", "snippetrun.pytest_plugin,xdist.plugin")
    project.write(b=PAGE, c=PAGE)
    project.answer(FAILING)
    arguments = ["docs", "--snippetrun", "-n", "2", "--dist", "loadfile", "-o", "snippetrun_mode=run"]
    session = project.pytester.runpytest_subprocess(*arguments, "--junitxml=report.xml", "-o", "junit_family=xunit1")
    assert outcomes(session) == {"passed": 9, "failed": 3, "skipped": 3}
    session.stdout.fnmatch_lines(
        ["docs/b.md:14: exit status 1, expected 0", f"FAILED docs/b.md::{LINE_13} - exit status 1, expected 0"]
    )
    ran_pages = sorted(note.split(":")[0] for note in project.notes if note.startswith("docs"))
    assert ran_pages == ["docs/a.md", "docs/a.md", "docs/b.md", "docs/b.md", "docs/c.md", "docs/c.md"]
    cases = list(ET.parse("report.xml").iter("testcase"))
    assert {(case.attrib["file"], case.attrib["line"]) for case in cases} >= {("docs/c.md", "12")}


def test_workers_without_an_engine_skip_for_one_reason(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_PLUGINS", "snippetrun.pytest_plugin,xdist.plugin")
    project.write(b=PAGE)
    project.answer(prepare=NO_ENGINE)
    session = project.pytester.runpytest_subprocess("docs", "--snippetrun", "-n", "2", "--dist", "loadfile", "-rs")
    session.stdout.fnmatch_lines(["snippetrun: 8 skipped: no Docker engine answers. Start it."])
    session.stdout.fnmatch_lines(["SKIPPED [[]8[]] mkdocs.yml:1: snippets need an engine: *"])


def test_the_conftest_of_the_reference_works(project: Project) -> None:
    reference = (REPOSITORY / "docs" / "reference" / "pytest.md").read_text()
    project.pytester.makeconftest(reference.split("```python\n")[1].split("```")[0])
    project.write(a="# A\n\n```console\n$ docker ps\nCONTAINER ID   IMAGE\n```\n")
    assert outcomes(project.pytest()) == {"passed": 1}


def test_python_tests_run_beside_pages(project: Project) -> None:
    (project.pytester.path / "docs" / "test_it.py").write_text("def test_it(): pass\n")
    project.answer(FAILING)
    assert outcomes(project.pytest()) == {"passed": 4, "failed": 1, "skipped": 1}

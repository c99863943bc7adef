"""What a site names as secret: `***` wherever text leaves us."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from snippetrun import config, render, report, runner
from snippetrun.cli.group import cli
from snippetrun.errors import ConfigError, Problem, SandboxError
from snippetrun.extract import files, read
from snippetrun.model import CommandResult, Environment, Fact, Job, Mode, Recording, printed
from snippetrun.plan import plan
from snippetrun.recordings.document import dump, load
from snippetrun.report import Report, github, json_, junit, markdown
from snippetrun.sandbox.fake import Answer, FakeSandbox, program
from snippetrun.sandbox.interface import TerminalCommand
from snippetrun.support import masks
from snippetrun.support.fingerprint import fingerprints
from snippetrun.support.neutralise import neutralise, plain

SECRET = "s3cr&t/V\u00e4lue-of 30 characters"
MKDOCS = "site_name: x\nplugins:\n  - snippetrun:\n      secrets: [A_TOKEN, NOT_SET]\n"
PAGE = """# Secrets

```console
$ docker run web
$ docker login
Password: open sesame
<token>
$ docker use <token>
$ docker fail
```
"""


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test begin, and end, with nothing hidden."""
    monkeypatch.setattr(masks, "_hidden", set[str]())
    monkeypatch.setattr(masks, "_pattern", None)


@pytest.fixture
def secretive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> config.SiteConfig:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("A_TOKEN", SECRET)
    Path("docs").mkdir()
    Path("docs/a.md").write_text(PAGE)
    Path("mkdocs.yml").write_text(MKDOCS)
    return config.load(Path("mkdocs.yml"))


@contextmanager
def faked(_site: object, _say: object) -> Iterator[runner.OpenSandbox]:
    split = f"\x1b[31m{SECRET[:5]}\x1b[0m{SECRET[5:9]}\r\n   {SECRET[9:]}\n"
    answers: dict[str, Answer] = {
        "docker run web": f"token={SECRET}\n{split}",
        "docker login": program("Password: ", f"{SECRET}\n"),
        "docker fail": (f"error: bad token {SECRET}\n", 1),
    }

    @contextmanager
    def start(_job: Job) -> Iterator[FakeSandbox]:
        yield FakeSandbox(lambda command: answers.get(command, f"used {command}\n"))

    yield start


def run(site: config.SiteConfig) -> Report:
    found = files.read_all(site, [Path("docs/a.md")])
    results = runner.run(plan(dataclasses.replace(site, mode=Mode.RUN), found), runner.Watcher(), sandboxes=faked)
    return Report("check", tuple(map(report.page, results)), "0.1.0")


def parts_of(text: str) -> list[str]:
    """The parts of the secret that stand in a text."""
    return [SECRET[at : at + 6] for at in range(len(SECRET) - 5) if SECRET[at : at + 6] in text]


def test_a_secret_is_in_no_output_recording_or_report(secretive: config.SiteConfig) -> None:
    Path("docs/a.md").write_text(PAGE.replace("$ docker fail\n", "$ docker fail\n? 1\n").replace("<token>\n", "...\n"))
    ran = run(secretive)
    [page] = ran.pages
    texts = [
        Path("recordings/a.md.json").read_text(),
        neutralise(report.transcript(page)),
        *(form.text(ran) for form in (junit, markdown, json_, github)),
    ]
    assert "error: bad token ***" in texts[0]
    assert "token=***" in texts[0]
    assert [parts_of(text) for text in texts] == [[] for _ in texts]


def test_a_secret_is_in_no_error_message(secretive: config.SiteConfig) -> None:
    ran = run(secretive)
    said = "\n".join(map(str, report.wrong(ran)))
    assert "***" in said
    assert not parts_of(said)
    assert not parts_of(neutralise(str(SandboxError(Problem(f"the engine said {SECRET}", SECRET)))))


def test_a_command_that_would_hold_a_secret_is_typed_without_it(secretive: config.SiteConfig) -> None:
    Path("docs/a.md").write_text(
        "```console\n$ docker login\nPassword: open sesame\n...\n<token>\n$ docker use <token>\n```\n".replace(
            "...\n", "<a>\n"
        )
    )
    masks.hide(["open sesame"])
    ran = run(secretive)
    assert SECRET not in json_.text(ran)


def test_a_secret_in_a_page_is_not_shown_by_us_again(secretive: config.SiteConfig) -> None:
    Path("docs/a.md").write_text(
        f'```console\n$ docker use "{SECRET}"\n```\n\n```console {{skip="{SECRET}"}}\n$ x\n```\n'
    )
    ran = run(secretive)
    [page] = files.read_all(secretive, [Path("docs/a.md")])
    shown = render.snippet(page.snippets[0], (), ()) + render.snippet(page.snippets[1], (), ())
    texts = (
        shown,
        json_.text(ran),
        Path("recordings/a.md.json").read_text(),
        neutralise(report.transcript(ran.pages[0])),
    )
    assert [parts_of(text) for text in texts] == [[], [], [], []]


@pytest.mark.parametrize("between", ["", "\n", "\r\n    ", "\x1b[1m", "\x1b[0m\n  \x1b[1m"])
def test_a_secret_is_found_however_it_is_cut(between: str) -> None:
    masks.hide([SECRET])
    for at in range(1, len(SECRET)):
        assert masks.masked(f"<{SECRET[:at]}{between}{SECRET[at:]}>") == "<***>"


def test_a_secret_of_several_lines_is_found_line_by_line() -> None:
    masks.hide(["-----BEGIN KEY-----\nMIIEvQIBADAN\nqwertyuiop\n-----END KEY-----\n"])
    assert plain("a MIIEvQIBADAN b\nqwertyuiop") == "a *** b\n***"


def test_of_a_secret_that_the_limit_has_cut_nothing_is_left() -> None:
    masks.hide([SECRET])
    terminal = FakeSandbox({"docker run web": f"{'x' * 90}{SECRET}\n"}).terminal()
    for limit in range(91, 91 + len(SECRET.encode())):
        sandbox = FakeSandbox({"docker run web": f"{'x' * 90}{SECRET}\n"})
        assert sandbox.terminal().run(TerminalCommand("docker run web", limit=limit)).output == "x" * 90 + "***"
    terminal.close()


def test_a_secret_that_does_not_exist_hides_nothing(
    secretive: config.SiteConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_TOKEN", "")
    config.load(Path("mkdocs.yml"))
    assert secretive.secrets == ("A_TOKEN", "NOT_SET")
    assert plain("a b") == "a b"


def test_a_secret_too_short_to_be_masked_is_refused(
    secretive: config.SiteConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert secretive
    monkeypatch.setenv("A_TOKEN", "abc")
    with pytest.raises(
        ConfigError, match=r"mkdocs.yml:4:7: secrets: the value of A_TOKEN is shorter than 4 characters"
    ):
        config.load(Path("mkdocs.yml"))


@pytest.mark.parametrize("value", ["A_TOKEN", "[1]", "['no name']", "{A: b}"])
def test_secrets_are_names_of_variables(secretive: config.SiteConfig, value: str) -> None:
    assert secretive
    Path("mkdocs.yml").write_text(MKDOCS.replace("[A_TOKEN, NOT_SET]", value))
    with pytest.raises(ConfigError, match=r"mkdocs.yml:4:7: secrets: expects a list of names"):
        config.load(Path("mkdocs.yml"))


def test_the_command_line_masks_too(secretive: config.SiteConfig) -> None:
    Path("docs/a.md").write_text(f"```console\n$ docker use {SECRET}\n```\n")
    said = CliRunner().invoke(cli, ["list"], catch_exceptions=False).output
    assert secretive
    assert "docker use ***" in said
    assert not parts_of(said)


@pytest.mark.parametrize(
    "prompt", ["Password: ", "Password for 'https://bee@git': ", "Enter PIN: ", "[sudo] password for b: "]
)
def test_a_password_in_a_fence_that_does_not_run_is_not_shown(prompt: str) -> None:
    text = f'```console {{skip="no"}}\n$ docker login\nUsername: bee\n{prompt}hunter2\nLogin Succeeded\n```\n'
    [snippet] = read("a.md", text).snippets
    shown = render.snippet(snippet, (), ())
    assert "hunter2" not in shown
    assert "Username: bee" in shown
    assert "Login Succeeded" in shown


def test_a_password_that_was_not_typed_is_in_no_report(secretive: config.SiteConfig) -> None:
    Path("docs/a.md").write_text("```console\n$ docker use\nPassword: hunter2\n```\n")
    ran = run(secretive)
    assert report.wrong(ran)
    assert "hunter2" not in json_.text(ran) + "".join(map(str, report.wrong(ran)))


def test_what_other_runs_left_is_masked_in_a_recording_too(secretive: config.SiteConfig) -> None:  # noqa: ARG001 - hides
    page = read("docs/a.md", "```console\n$ docker ps\n```\n")
    others = (f"a {SECRET}\nb\n", f"{SECRET[:9]}\n{SECRET[9:]}\nx\n")
    ran = CommandResult(2, "docker ps", printed("a\nb\n"), 0, 0.5, others=others)
    environment = Environment("26.1.5", "6.12", "0.1.0", known=(Fact("kernel", SECRET),))
    made = Recording("docs/a.md", "k", environment, "2026-01-02T03:04:05+00:00", 0.5, 2.0, ((ran,),))
    text = dump(page, made, fingerprints(page))
    assert SECRET[:9] not in text
    [[back]] = load(text).recording.snippets
    assert back.others == ("a ***\nb\n", "***\nx\n")

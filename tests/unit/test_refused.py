"""Texts of pages that would keep a builder busy for ever, crash it, or weaken its sandbox: refused or read at once."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import MakeSite
from helpers.machine import Fleet
from helpers.runs import SITE, console, page, run

from snippetrun import config
from snippetrun.cli.group import cli
from snippetrun.errors import ConfigError, PageError, Problem
from snippetrun.extract import read
from snippetrun.model import Page
from snippetrun.plan import plan
from snippetrun.report import Report, junit
from snippetrun.support.patterns import Mismatch, Names, bind_loosely, match_lines
from snippetrun.terminal.inputs import may_have_typed, typed_at

FENCE = "```console\n$ docker ps\n```\n"
MANY = 8_000


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep recordings and locks away from the real ones."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))


@contextmanager
def soon() -> Iterator[None]:
    """Fail what takes minutes; all that stands in it takes a second or two."""

    def late(*_: object) -> None:
        raise TimeoutError("this takes too long")

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, 15)  # of the processor: a busy machine is no fault
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def complaint(text: str) -> str:
    """What is wrong with a page; "" if nothing is."""
    try:
        read("docs/a.md", text)
    except PageError as error:
        return str(error)
    return ""


# Patterns


@pytest.mark.parametrize("pattern", ["(a+)+c", "(a|a)*c", "(a|aa)+c", "a*a*a*a*a*a*a*c", "(.*)(.*)(.*)(.*)(.*)c"])
def test_no_pattern_of_a_page_keeps_the_builder_busy(pattern: str) -> None:
    fleet = Fleet({"docker ps": "a" * 200_000 + "\n"})
    with soon():
        [result] = run(fleet, page(console("$ docker ps", pattern, attributes=" {match=regex}")))
        assert [verdict.message for verdict in result.failed] == ["the output is not what line 3 says"]


def test_no_line_with_wildcards_and_names_does() -> None:
    shown = "ab" * 20_000
    with soon():
        assert not Names().bind("<...>a" * 40 + "c", shown)
        assert not Names().bind("<x>a" * 40 + "c", shown)
        assert not Names().bind("".join(f"<x{number}><...>" for number in range(60)) + "c", shown)
        assert not Names().bind("<a>" * 100_000 + "c", shown)


def test_a_line_in_which_each_letter_may_end_a_prompt_is_looked_through_once() -> None:
    with soon():
        assert typed_at(["$" * 1_000_000], 0, "# ", Names()) is None
        assert may_have_typed(["$" * 1_000_000], 0, "$ ", Names()) == ["$" * 999_999]


def test_output_that_could_stand_anywhere_is_not_looked_for_everywhere() -> None:
    shown = ["a"] * 50_000
    written = ["...", *["a"] * 300, "b", "..."]
    with soon():
        mismatch = match_lines(Names(), written, shown)
        assert mismatch == Mismatch(301, 300, gave_up=True)
        bind_loosely(Names(), [f"b<x{number}>" for number in range(3000)], shown)
    fleet = Fleet({"docker ps": "a\n" * 50_000})
    with soon():
        [result] = run(fleet, page(console("$ docker ps", *written)))
    assert [verdict.message for verdict in result.failed] == [
        "the output has too many places where line 304 could stand"
    ]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("a(?=b)", "invalid perl operator: (?="),
        (r"(a)\1", r"invalid escape sequence: \1"),
        ("a{2000}", "invalid repetition size: {2000}"),
        (r"\pL{900}", "pattern too large"),
        ("(a", "missing ): (a"),
    ],
)
def test_what_re2_has_not_is_refused_with_the_line(pattern: str, why: str) -> None:
    front = f"---\nsnippetrun:\n  varies:\n    - '{pattern}'\n---\n"
    assert complaint(front + FENCE).startswith(f"docs/a.md:4:7: varies: {pattern!r} is no regular expression")
    assert why in complaint(front + FENCE)
    with pytest.raises(PageError) as caught:
        plan(SITE, [page(console("$ docker ps", "x", pattern, attributes=" {match=regex}"))])
    assert str(caught.value).startswith(f"docs/a.md:4: this line is no regular expression: {why}")
    assert "https://github.com/google/re2/wiki/Syntax" in str(caught.value)


def test_a_line_that_may_be_typed_need_not_be_a_pattern() -> None:
    plan(SITE, [page(console("$ docker ps", "/ # echo $((1+1", attributes=" {match=regex}"))])


# Texts


def admonitions(depth: int) -> str:
    return "".join("    " * level + "!!! note\n" for level in range(depth))


TEXTS: dict[str, Callable[[], str]] = {
    "fences": lambda: FENCE * MANY,
    "fences that nothing closes": lambda: "```console\n$ docker ps\n" * MANY,
    "fences in lists that touch them": lambda: FENCE + "- a\n ```console\n $ docker ps\n ```\n" * (MANY // 2),
    "fences closed in another column": lambda: "````console\n$ docker ps\n  ````\n\n" * MANY,
    "blanks in an info string": lambda: "```py {" + " " * 500_000 + "x\n$ docker ps\n```\n" + FENCE,
    "attributes": lambda: "```console {" + "a=b " * MANY + "}\n$ docker ps\n```\n",
    "backticks in a command": lambda: "```console\n$ docker " + "`$((" * 50_000 + "\n```\n",
    "brackets in a command": lambda: "```console\n$ docker " + "$(" * 100_000 + "\n```\n",
    "a line of a megabyte": lambda: "```console\n$ docker " + "a " * 200_000 + "\n```\n",
    "names in a line": lambda: "```console\n$ docker ps\n" + "<a>" * 300_000 + "\n```\n",
    "prompts in a line": lambda: "```console\n$ docker ps\n" + "$" * 1_000_000 + "\n```\n",
    "an exit status": lambda: "```console\n$ docker ps\n? " + "1" * 500_000 + "\n```\n",
    "admonitions": lambda: "!!! note\n" * 50_000 + FENCE,
    "admonitions in each other": lambda: admonitions(30) * 300 + FENCE,
    "brackets in a title": lambda: "# " + "![](" * 100_000 + "\n" + FENCE,
    "blanks in a title": lambda: "# a" + " " * 500_000 + "{\n" + FENCE,
    "quotes in each other": lambda: "> " * 500_000 + "\n" + FENCE,
    "lists in each other": lambda: "- " * 500_000 + "\n" + FENCE,
    "brackets in front matter": lambda: "---\na: " + "[" * 500_000 + "\n---\n" + FENCE,
    "mistakes in front matter": lambda: "---\nsnippetrun:\n  varies: [" + "7, " * 50_000 + "]\n---\n" + FENCE,
    "keys in front matter": lambda: "---\n" + "? " * 500_000 + "\n---\n" + FENCE,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_text_keeps_the_builder_busy_or_crashes_it(text: Callable[[], str]) -> None:
    with soon():
        complaint(text())


def aliases(levels: int) -> str:
    return "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, levels))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: " + "[" * 900, ":1:103: is not valid YAML: nested too deeply"),
        ("a: " + "{a: " * 10_000, ":1:400: is not valid YAML: nested too deeply"),
        (aliases(60), ":18:18: is not valid YAML: too large with all that its aliases stand for"),
        ("a: &a {x: *a}", ":1:11: is not valid YAML: *a stands within what it names"),
        ("a: " + "1" * 5000, ":1:4: is not valid YAML: a value cannot be read: "),
        ("a: 2026-99-99", ":1:4: is not valid YAML: a value cannot be read: "),
        ("docs_dir: [a]\nplugins: [snippetrun]", ":1:1: docs_dir: expects a folder"),
        ('docs_dir: "a\\0"\nplugins: [snippetrun]', ":1:1: docs_dir: expects a folder"),
        ("plugins: {snippetrun: {mode: [a]}}", ":1:24: mode: expects one of"),
        ("plugins: {snippetrun: {network: [a]}}", ":1:24: network: expects"),
        ("plugins: {snippetrun: {match: {a: b}}}", ":1:24: match: expects one of"),
        ("plugins: {snippetrun: {images: {a: {build: [a]}}}}", ":1:37: images: a: build: expects a text"),
        ('plugins: {snippetrun: {recordings: "a\\0"}}', ":1:24: recordings: expects a folder"),
    ],
)
def test_settings_that_would_crash_the_builder_are_refused_with_the_line(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "mkdocs.yml"
    file.write_text(text)
    with soon(), pytest.raises(ConfigError) as caught:
        config.load(file)
    assert f"mkdocs.yml{why}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: " + "[" * 900, "2:103: the front matter is not valid YAML: nested too deeply"),
        (aliases(60), "19:18: the front matter is not valid YAML: too large"),
        ("snippetrun: &a\n  varies: [*a]", "3:12: the front matter is not valid YAML: *a stands within what it names"),
        ("snippetrun:\n  varies: [{? [a] : b}]", "3:15: the front matter is not valid YAML: found unhashable key"),
    ],
)
def test_front_matter_that_would_is_refused_with_the_line_too(text: str, why: str) -> None:
    with soon():
        assert complaint(f"---\n{text}\n---\n{FENCE}").startswith(f"docs/a.md:{why}")


# What a page may not say


@pytest.mark.parametrize(
    "attribute",
    [
        *("onclick=x", "privileged", "network=internet", "network=host", "volume=/:/host", "mount=/", "env=A=b"),
        *("runtime=runc", "cap-add=ALL", "user=root", "memory=64G", "limits=none", "apparmor=unconfined", "jobs=9"),
    ],
)
def test_no_attribute_weakens_the_sandbox(attribute: str) -> None:
    key = attribute.partition("=")[0]
    assert complaint(f"```console {{{attribute}}}\n$ docker ps\n```\n").startswith(
        f"docs/a.md:1:13: {key}: there is no such attribute"
    )


@pytest.mark.parametrize(
    "key",
    [
        *("network", "limits", "privileged", "volumes", "mounts", "environment", "env", "runtime", "capabilities"),
        *("security", "max_timeout", "output_limit", "recordings", "mode", "jobs", "host", "user"),
    ],
)
def test_no_front_matter_weakens_the_sandbox(key: str) -> None:
    text = f"---\nsnippetrun:\n  {key}: host\n---\n{FENCE}"
    assert complaint(text).startswith(f"docs/a.md:3:3: {key}: there is no such key")


def test_no_front_matter_reads_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "swordfish")
    text = f"---\nsnippetrun:\n  skip: !ENV A_TOKEN\n---\n{FENCE}"
    assert read("docs/a.md", text).options.skip == "A_TOKEN"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("../../etc/passwd", "leads out of the page's folder"),
        ("/etc/passwd", "is absolute"),
        ("a/../../b", "leads out of the page's folder"),
        ("-rf", "begins with a -"),
        ("--help", "begins with a -"),
        ("a\0b", "holds a control character"),
        ("a\x1b]0;b", "holds a control character"),
        ("a\u202eb", "holds a control character"),
        ("a\x85b", "holds a control character"),
    ],
)
def test_no_name_of_a_file_is_an_option_or_leads_elsewhere(name: str, what: str) -> None:
    wrong = complaint(f'```text {{file="{name}"}}\na\n```\n{FENCE}')
    assert wrong.startswith("docs/a.md:1:10: file: expects a path inside the page's folder")
    assert what in wrong


@pytest.mark.parametrize("name", ["-x", "--help", "a\0", "a b", "../a", "a\x1b", "é" * 40])
def test_no_name_of_a_terminal_is(name: str) -> None:
    assert complaint(f'```console {{term="{name}"}}\n$ docker ps\n```\n').startswith(
        "docs/a.md:1:13: term: expects the name"
    )


# Time


def asks(seconds: str, key: str = "timeout") -> Page:
    return page(console("$ docker ps", attributes=f" {{{key}={seconds}}}"))


def test_a_report_of_many_files_is_written_soon() -> None:
    causes = tuple(Problem("a finding", "", f"docs/{number}.md", 1) for number in range(5 * MANY))
    with soon():
        assert junit.text(Report("check", (), "0.1.0", causes)).count("<testsuite ") == len(causes)


def test_no_page_asks_for_more_time_than_the_site_gives() -> None:
    for asked in (asks("1000h"), asks("1000h", "retry"), asks("601s")):
        with pytest.raises(PageError, match=r"docs/a.md:1: (timeout|retry): \S+ s, and the site allows 600 s\n"):
            plan(SITE, [asked])
    front = page(f"---\nsnippetrun:\n  timeout: 1000h\n---\n{FENCE}")
    with pytest.raises(PageError, match=r"docs/a.md:2: timeout: .*\n    Write less, or set max_timeout: in"):
        plan(SITE, [front])
    assert plan(SITE, [asks("10m")]).jobs
    assert plan(dataclasses.replace(SITE, max_timeout=3600.0), [asks("1h")]).jobs
    assert plan(dataclasses.replace(SITE, timeout=7200.0), [asks("2h")]).jobs


@pytest.mark.parametrize("name", [b"a\xff.md", b"a\n::error::b.md", b"a\x1b[2Jb.md", "a\u202edm.md".encode()])
def test_a_page_whose_name_cannot_be_shown_is_refused(make_site: MakeSite, name: bytes) -> None:
    folder = make_site({"index.md": "# A\n\n```console\n$ docker ps\n```\n"})
    Path(os.fsdecode(os.fsencode(folder / "docs") + b"/" + name)).write_text("# B\n")
    result = CliRunner().invoke(cli, ["list"])
    assert isinstance(result.exception, PageError)
    assert "has a character in its name that cannot be shown" in str(result.exception)


def test_what_is_refused_is_told_in_one_line_with_a_hint_and_no_traceback(make_site: MakeSite) -> None:
    make_site({"a.md": '```text {file="-rf"}\na\n```\n' + FENCE})
    result = CliRunner().invoke(cli, ["check", "--mode", "replay"], standalone_mode=False)
    assert result.return_value == 2
    assert result.output.startswith(
        "docs/a.md:1:10: file: expects a path inside the page's folder, e.g. app/Dockerfile"
    )

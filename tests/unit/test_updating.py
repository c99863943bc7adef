"""Accepting output: pages and recordings are rewritten as little as can be."""

from __future__ import annotations

import dataclasses
import shutil
import tomllib
from pathlib import Path

import pytest
from helpers.golden import Case, cases
from helpers.machine import answer
from helpers.sites import Site
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from snippetrun import config, recordings
from snippetrun.config import Renderer
from snippetrun.errors import Problem
from snippetrun.extract import files
from snippetrun.model import Match
from snippetrun.recordings import document
from snippetrun.sandbox.fake import Answer, program
from snippetrun.support.patterns import Names, match_lines
from snippetrun.tasks import site_pages
from snippetrun.tasks.update import UpdatedPages


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    return Site(tmp_path)


def answers(toml: str) -> dict[str, Answer]:
    return {command: answer(value) for command, value in tomllib.loads(toml).items()}


@cases("update")
def test_golden(case: Case, site: Site) -> None:
    site.write(case["page"])
    site.answers = answers(case["answers"])
    updated = site.update()
    assert site.text() == case["updated"]
    assert ("docs/p.md" in updated.changed) is (case["page"] != case["updated"])
    assert site.check() == []
    assert site.update().changed == ()


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_and_the_rest_of_the_file_stay_as_they_are(site: Site, end: str) -> None:
    text = "\ufeff# Title  \n\n\tcode\n\n```console\n$ docker ps\nold\n```\n\ntrailing  \n\n".replace("\n", end)
    site.write(text)
    site.answers = {"docker ps": "new\n"}
    site.update()
    assert site.text() == text.replace("old", "new")


FORCE = "If that is right: snippetrun update --force docs/p.md"


def problems(updated: UpdatedPages) -> list[str]:
    """What was not accepted: the line, what is wrong, and the last thing that is said of it."""
    failed = [verdict for result in updated.results for verdict in result.failed]
    return [f"{v.where or v.line} {v.message}: {v.hint.splitlines()[-1]}" for v in failed]


def test_a_command_that_fails_leaves_the_others_of_its_page_to_be_accepted(site: Site) -> None:
    text = "```console\n$ docker ps\nold\n$ docker rm x\n$ docker ps\nolder\n```\n"
    site.write(text)
    site.answers = {"docker ps": "new\n", "docker rm x": ("no\n", 1)}
    updated = site.update()
    assert (site.text(), updated.changed) == (text.replace("older", "new").replace("old", "new"), ("docs/p.md",))
    assert problems(updated) == [f"4 exit status 1, expected 0: Not accepted: it ends with exit status 1. {FORCE}"]
    assert not (site.page.parents[1] / "recordings").exists()
    assert site.update().changed == ()


def test_what_has_changed_is_shown_as_a_diff(site: Site) -> None:
    site.write("```console\n$ docker ps\nold\n```\n")
    site.answers = {"docker ps": "new\n"}
    [diff] = site.update().diffs
    assert diff.splitlines() == [
        "--- docs/p.md", "+++ docs/p.md", "@@ -1,4 +1,4 @@", " ```console", " $ docker ps", "-old", "+new", " ```",
    ]  # fmt: skip


def test_a_page_is_as_it_was_where_a_plugin_fails_on_what_it_would_be(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("of a plugin")

    site.write("```console\n$ docker ps\nold\n```\n")
    site.answers = {"docker ps": "new\n"}
    pages = site._read()
    monkeypatch.setattr(site_pages, "read", fail)
    with pytest.raises(RuntimeError):
        site.update(*pages)
    assert "old" in site.text()


@pytest.mark.parametrize(("renderer", "refused"), [(Renderer.PYTHON_MARKDOWN, 1), (Renderer.COMMONMARK, 0)])
def test_what_a_page_quotes_is_what_its_renderer_takes_for_prose(site: Site, renderer: Renderer, refused: int) -> None:
    site.config = dataclasses.replace(site.config, renderer=renderer)
    site.write("!!! note\n\n    It is `paused`.\n\n```console\n$ docker ps\npaused\n```\n")
    site.answers = {"docker ps": "up\n"}
    assert len(problems(site.update())) == refused


def test_the_folders_of_images_are_read_once_for_an_update(site: Site, digested: list[Path]) -> None:
    site.write("```console\n$ docker ps\nold\n```\n")
    site.answers = {"docker ps": "new\n"}
    assert site.update().changed
    assert len(digested) == 1


def test_a_check_reads_each_recording_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write("```console\n$ docker ps\n```\n")
    site.answers = {"docker ps": "one\n"}
    site.update()
    texts: list[str] = []

    def load(text: str) -> document.StoredRecording:
        texts.append(text)
        return document.load(text)

    monkeypatch.setattr(recordings.files, "load", load)
    assert site.check() == []
    assert len(texts) == 1


def test_an_update_records_what_came_out(site: Site) -> None:
    site.write("```console\n$ docker ps\n```\n")
    site.answers = {"docker ps": "one\n"}
    assert site.update().changed == ("recordings/p.md.json",)
    site.answers = {"docker ps": "two\n"}
    assert site.check() == ["docs/p.md:2 the output is not what was recorded"]
    assert site.update().changed == ("recordings/p.md.json",)
    assert site.check() == []


def test_a_page_that_nobody_recorded_is_drift(site: Site) -> None:
    site.write("```console\n$ docker ps\n```\n")
    site.answers = {"docker ps": "one\n"}
    assert site.check() == ["docs/p.md:2 nobody has recorded it as it stands here"]


def test_a_site_may_keep_no_recordings(site: Site) -> None:
    site.config = dataclasses.replace(site.config, recordings=None)
    site.write("```console\n$ docker ps\nold\n```\n")
    site.answers = {"docker ps": "new\n"}
    assert site.update().changed == ("docs/p.md",)
    assert site.check() == []
    assert sorted(path.name for path in site.page.parents[1].iterdir()) == ["docs"]


def test_a_check_changes_nothing(site: Site) -> None:
    text = "```console\n$ docker ps\nold\n```\n"
    site.write(text)
    site.answers = {"docker ps": "new\n"}
    assert site.check() == ["docs/p.md:3 the output is not what line 3 says"]
    assert site.text() == text
    assert not (site.page.parents[1] / "recordings").exists()


LINE = st.text(st.sampled_from("ab <>.$#>:x1"), min_size=1, max_size=6).filter(
    lambda s: s.strip() and s[0] not in "$?^"
)


def test_a_page_that_is_again_what_it_was_is_recorded_with_what_comes_out_now(site: Site) -> None:
    page = "```console\n$ docker ps\n<x>\n```\n"
    for text, output in ((page, "one\n"), (page.replace("<x>", "<x>\ngone"), "two\n")):
        site.write(text)
        site.answers = {"docker ps": output}
        assert site.update().changed
    assert site.text() == page
    assert '"two"' in (site.config.root / "recordings/p.md.json").read_text()
    assert site.check() == []


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    st.lists(LINE | st.sampled_from(["...", "<x>", "a <...>", "<x> <y>"]), max_size=6),
    st.lists(LINE, min_size=1, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "    ", "> "]),
)
def test_every_update_matches_and_touches_no_other_line(
    site: Site, written: list[str], shown: list[str], end: str, prefix: str
) -> None:
    marker = {"": "", "    ": "1. item\n\n", "> ": "> quote\n>\n"}[prefix]
    fence = ["```console", "$ docker ps", *written, "```"]
    text = marker + "".join(f"{prefix}{line}\n" for line in fence) + "\nafter  \n"
    shutil.rmtree("recordings", ignore_errors=True)  # of the example before, from which this one would be pasted
    site.write(text.replace("\n", end))
    site.answers = {"docker ps": "".join(f"{line}\n" for line in shown)}
    before = site.text()
    updated = site.update()
    assume(not updated.results[0].failed)  # what was written under it could be typed: then it is no output
    after = site.text()
    [page] = files.read_all(site.config, [site.page])
    [command] = page.snippets[0].commands
    assert (
        match_lines(Names(), command.written, [line.rstrip() for line in shown], Match.PATTERN) is None or not written
    )
    head, tail = f"{prefix}$ docker ps{end}", f"{prefix}```{end}{end}after  {end}"
    assert before.partition(head)[0] == after.partition(head)[0]
    assert after.endswith(tail)
    assert site.update().changed == ()


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        ("a\n```\n<script>x()</script>\n", ["````console", "$ docker ps", "a", "```", "<script>x()</script>", "````"]),
        ("````\na\n", ["`````console", "$ docker ps", "````", "a", "`````"]),
        ("a\n$ docker rm -f b\n? 3\n", ["```console", "$ docker ps", "a", "...", "```"]),
        ("? 3\nb\n", ["```console", "$ docker ps", "? 3", "b", "```"]),
        ("```\n$ docker rm -f b\n", ["````console", "$ docker ps", "```", "...", "````"]),
        ("a\n^C\nb\n", ["```console", "$ docker ps", "a", "...", "b", "```"]),
        ("> a\n", ["```console", "$ docker ps", "> a", "```"]),
        ("a\n# b\n", ["```console", "$ docker ps", "a", "...", "```"]),
    ],
)
def test_output_becomes_nothing_but_output_in_its_page(site: Site, output: str, lines: list[str]) -> None:
    below = ["$ docker info", "i"] if "#" in output else []
    rest = "\n```console\n$ docker info\n```\n"
    site.write("\n".join(["```console", "$ docker ps", "old", *below, "```", ""]) + rest)
    site.answers = {"docker ps": output, "docker info": "i\n"}
    assert problems(site.update()) == []
    lines[-1:-1] = below
    assert site.text() == "\n".join(lines) + "\n" + rest
    assert site.check() == []
    assert site.update().changed == ()


def test_two_commands_of_a_fence_make_it_longer_together(site: Site) -> None:
    site.write("> ~~~console\n> $ docker ps\n> old\n> $ docker info\n> old\n> ~~~\n")
    site.answers = {"docker ps": "~~~\n", "docker info": "~~~~\n"}
    assert problems(site.update()) == []
    assert site.text() == "> ~~~~~console\n> $ docker ps\n> ~~~\n> $ docker info\n> ~~~~\n> ~~~~~\n"


def test_what_a_program_prints_is_not_typed_into_it(site: Site) -> None:
    text = "```console\n$ docker run -it x\n/ # cat a\nold\n/ # exit\n```\n"
    site.write(text)
    site.answers = {"docker run -it x": program("/ # ", "/ # rm -rf b\n/ # ", "")}
    assert problems(site.update()) == []
    assert site.text() == text.replace("old", "...")


def test_a_number_that_the_page_quotes_may_be_an_age(site: Site) -> None:
    site.write("After `2` minutes:\n\n```console\n$ docker ps\nweb   Up 2 minutes   x\n```\n")
    site.answers = {"docker ps": "web   Up 3 seconds   y\n"}
    assert problems(site.update()) == []


def test_what_cannot_be_written_is_left_alone_and_the_rest_is_not(site: Site) -> None:
    text = "```console {match=exact}\n$ docker ps\nold\n$ docker info\nold\n```\n"
    site.write(text)
    site.answers = {"docker ps": "$ docker rm x\n", "docker info": "new\n"}
    [problem] = problems(site.update())
    assert problem.startswith("3 the output is not what line 3 says: What comes out cannot be written there")
    assert site.text() == text.replace("info\nold", "info\nnew")


def test_a_name_that_commands_below_need_is_not_taken_from_them(site: Site) -> None:
    text = "```console\n$ docker run -d web\ncontainer <web>\n$ docker rm <web>\n$ docker ps\nold\n```\n"
    site.write(text)
    site.answers = {"docker run -d web": "4f0c\n", "docker ps": "new\n"}
    first, second = problems(site.update())
    assert first.startswith("3 the output is not what line 3 says: What comes out cannot be written there")
    assert second.startswith("4 nothing says what <web> is")
    assert site.text() == text.replace("old", "new")


NOTHING, SOMETHING = "nothing comes out any more", "something comes out now, and nothing did"
STATES = [
    (NOTHING, "docker logs a", "old\n", ""),
    (NOTHING, "docker ps", "ID   NAMES\n3f2a   web\n", "ID   NAMES\n"),
    (SOMETHING, "docker ps", "ID   NAMES\n", "ID   NAMES\n3f2a   web\n"),
    (
        "it tells of exit status 137 no more",
        "docker ps",
        "web   Exited (137) 3 days ago\n",
        "web   Exited (1) 2 days ago\n",
    ),
    ("it tells of exit status 0 no more", "docker rm a; echo $?", "0\n", "1\n"),
    (
        "`Deleted Containers:` comes out no more, with what stands below it",
        "docker container prune -f",
        "Deleted Containers:\n4a7f\n\nTotal reclaimed space: 2B\n",
        "Total reclaimed space: 0B\n",
    ),
    ("it shows no failure any more", "docker pull a", "Error response from daemon: no\n", "Status: Downloaded\n"),
    ("`paused` comes out no more, and the page speaks of it", "docker ps", "it is paused\n", "it is running\n"),
    ("`7` comes out no more, and the page speaks of it", "docker exec a wc", "7\n", "8\n"),
    ("`1.2` comes out no more, and the page speaks of it", "docker version", "version 1.2\n", "version 1.3\n"),
]
PROSE = "Version `1.2` of `7`, or\n**paused**; and `the\nnews`, __docker__.\n\n"


@pytest.mark.parametrize(("state", "command", "written", "output"), STATES)
def test_what_an_example_is_there_to_show_changes_only_if_that_is_allowed(
    site: Site, state: str, command: str, written: str, output: str
) -> None:
    text = f"{PROSE}```console\n$ {command}\n{written}$ docker info\nold\n```\n"
    site.write(text)
    site.answers = {command: output, "docker info": "new\n"}
    [problem] = problems(site.update())
    assert problem.endswith(f"Not accepted: {state}. {FORCE}")
    assert site.text() == text.replace("info\nold", "info\nnew")
    asked: list[str] = []

    def allow(question: Problem) -> bool:
        asked.append(question.message)
        return question.path == "docs/p.md" and question.line in (7, 8)

    assert problems(site.update(allow=allow)) == []
    assert asked == [state]
    assert site.text() == text.replace("info\nold", "info\nnew").replace(written, output)
    assert site.check() == []


TYPED = """\
Try `docker run hello-world`, and **hello-world**. With `run`, `-dit` and `--rm` comes a `bash`: `/bin/sh`. It is `web`.

```console
$ docker container run -dit --rm --name web busybox bash
$ docker exec web /bin/sh -c ls
$ docker info
{}
```
"""


@pytest.mark.parametrize("word", ["hello-world", "run", "-dit", "--rm", "bash", "/bin/sh", "busybox"])
def test_a_word_of_commands_or_the_name_of_an_image_tells_nothing_of_a_state(site: Site, word: str) -> None:
    site.write(TYPED.format(f"it has {word} once"))
    site.answers = {"docker info": "it has not\n"} | dict.fromkeys(
        ["docker container run -dit --rm --name web busybox bash", "docker exec web /bin/sh -c ls"], ""
    )
    assert problems(site.update()) == []


@pytest.mark.parametrize("word", ["web", "-c", "ls"])
def test_what_a_page_names_is_a_state_and_so_is_all_behind_a_program(site: Site, word: str) -> None:
    site.write(f"It is `{word}`.\n\n" + TYPED.format(f"it has {word} once"))
    site.answers = {"docker info": "it has not\n"} | dict.fromkeys(
        ["docker container run -dit --rm --name web busybox bash", "docker exec web /bin/sh -c ls"], ""
    )
    [problem] = problems(site.update())
    assert f"`{word}` comes out no more, and the page speaks of it" in problem


@pytest.mark.parametrize(("state", "command", "then", "now"), [*STATES, (SOMETHING, "docker logs a", "", "new\n")])
def test_so_does_what_was_recorded_of_it(site: Site, state: str, command: str, then: str, now: str) -> None:
    site.write(f"{PROSE}```console\n$ {command}\n```\n")
    site.answers = {command: then}
    site.update()
    site.answers = {command: now}
    assert problems(site.update()) == [f"6 it is not what was recorded: {state}. {FORCE}"]
    assert site.check() == ["docs/p.md:6 the output is not what was recorded"]
    assert problems(site.update(allow=lambda _: True)) == []
    assert site.check() == []


@pytest.mark.parametrize(
    ("before", "status", "after"),
    [
        ("a\nold\n", 3, "a\nnew\n? 3\n"),
        ("? 3\n", 0, ""),
        ("? 3\n", 4, "? 4\n"),
        ("? 0\n", 4, "? 4\n"),
        ("a\n\n? 3\n", 0, "a\nnew\n\n"),
    ],
)
def test_another_exit_status_may_be_allowed(site: Site, before: str, status: int, after: str) -> None:
    text = "```console\n$ docker ps\n{}$ docker info\nold\n```\n"
    site.write(text.format(before))
    site.answers = {"docker ps": ("a\nnew\n", status), "docker info": "i\n"}
    assert problems(site.update(allow=lambda _: True)) == []
    assert site.text() == text.format(after).replace("info\nold", "info\ni")
    assert site.check() == []


@pytest.mark.parametrize("status", [4, 0])
@pytest.mark.parametrize("below", ["", "no\n? 3\n", "old\n"])
def test_an_exit_status_in_braces_stays_there(site: Site, below: str, status: int) -> None:
    text = "```console {exit=3 title='exit=3'}\n$ docker ps\n{}```\n"
    site.write(text.replace("{}", below))
    site.answers = {"docker ps": ("no\n", status)}
    assert problems(site.update(allow=lambda _: True)) == []
    new = text.replace("{exit=3", f"{{exit={status}").replace("{}", "no\n" if below else "")
    assert site.text() == new
    assert site.check() == []


def test_a_page_that_has_changed_while_it_ran_stays_as_it_is(site: Site) -> None:
    site.write("```console\n$ docker ps\nold\n```\n")
    site.answers = {"docker ps": "new\n"}
    pages = site._read()
    site.write("# New\n\n```console\n$ docker ps\nold\n```\n")
    [problem] = problems(site.update(*pages))
    assert "The page's file says something else in this place: it has just been changed." in problem
    assert site.text() == "# New\n\n```console\n$ docker ps\nold\n```\n"


def test_what_is_included_or_made_by_a_plugin_names_what_to_change(site: Site) -> None:
    site.config = dataclasses.replace(site.config, makers=("gen-files",))
    text = "```console\n$ docker ps\nold\n```\n"
    site.write(text)
    site.answers = {"docker ps": "new\n"}
    [page] = site._read()
    included = dataclasses.replace(page, snippets=(dataclasses.replace(page.snippets[0], path="parts/a.md"),))
    [problem] = problems(site.update(included))
    assert problem.endswith("It is included, and `update` changes pages alone: change parts/a.md by hand.")
    [problem] = problems(site.update(dataclasses.replace(page, path="docs/made.md")))
    assert problem.endswith("No file has this page, a plugin makes it: change what it is made of by hand (gen-files).")
    assert (site.text(), [path.name for path in site.page.parent.iterdir()]) == (text, ["p.md"])


def test_output_that_a_plugin_would_take_for_its_own_is_not_written(site: Site) -> None:
    Path("hook.py").write_text("def on_page_markdown(markdown, **more):\n    return markdown.replace('{{ x }}', 'y')\n")
    Path("mkdocs.yml").write_text("site_name: x\nplugins: [snippetrun]\nhooks: [hook.py]\n")
    site.config = config.load(Path("mkdocs.yml"))
    text = "```console\n$ docker ps\nold\n$ docker info\nold\n```\n"
    site.write(text)
    site.answers = {"docker ps": "{{ x }}\n", "docker info": "new\n"}
    pages = site_pages.read(site.config)
    first, second = problems(site.update(*pages))
    assert first.endswith("What comes out cannot be written there: hooks would make something else of it.")
    assert second.startswith("5 the output is not what line 5 says")
    assert site.text() == text
    site.answers = {"docker ps": "new\n", "docker info": "new\n"}
    assert problems(site.update(*pages)) == []
    assert site.text() == text.replace("old", "new")

"""`snippetrun adopt`: an old page gets the edits that make it green, and no others."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from snippetrun import config, report, runner
from snippetrun.config import baseline
from snippetrun.errors import PageError, SnippetrunError
from snippetrun.model import Ending, Job
from snippetrun.plan import plan
from snippetrun.sandbox.fake import Answer, FakeSandbox, program
from snippetrun.tasks import adopt, check, site_pages
from snippetrun.tasks.adopt import Adoption
from snippetrun.tasks.wishes import Wishes

ID, OTHER_ID = "3f2a1b4c5d6e", "aabbccddeeff"


class Old:
    """A site with one page in its baseline, and an engine whose answers may differ from run to run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.page = folder, folder / "docs" / "p.md"
        self.page.parent.mkdir()
        (folder / "mkdocs.yml").write_text("plugins: [snippetrun]\n")
        (folder / baseline.NAME).write_text("# later\nother.md\np.md\n")
        (folder / "docs" / "other.md").write_text("# Other\n")
        self.answers: list[Mapping[str, Answer]] = [{}]
        self.runs = 0

    @contextmanager
    def start(self, _job: Job) -> Iterator[FakeSandbox]:
        answers = self.answers[min(self.runs, len(self.answers) - 1)]
        self.runs += 1
        yield FakeSandbox(answers)

    @contextmanager
    def sandboxes(self, *_: object) -> Iterator[runner.OpenSandbox]:
        yield self.start

    def propose(self, text: str, *answers: Mapping[str, Answer], wishes: Wishes | None = None) -> Adoption:
        self.page.write_text(text)
        self.answers = list(answers)
        adoption = adopt.propose(config.load(), Path("docs/p.md"), self.start, runner.Watcher(), wishes)
        assert self.page.read_text() == text
        return adoption

    def adopt(self, text: str, *answers: Mapping[str, Answer], wishes: Wishes | None = None) -> str:
        """The text of the page once it is under test, where it is green."""
        adoption = self.propose(text, *answers, wishes=wishes)
        assert adoption.unsettled == ()
        adopt.apply(config.load(), adoption)
        site = config.load()
        assert list(site.baseline.lines) == ["other.md"]
        results = check.check(plan(site, site_pages.read(site)), runner.Watcher(), self.sandboxes)
        assert [str(problem) for result in results for problem in report.failures(result)] == []
        return self.page.read_text()

    def problems(self, text: str, *answers: Mapping[str, Answer], wishes: Wishes | None = None) -> list[str]:
        """What is said of a page that stays as it is."""
        adoption = self.propose(text, *answers, wishes=wishes)
        assert adoption.file.before == adoption.file.after
        return [str(problem) for problem in adoption.unsettled]


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Old:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    return Old(tmp_path)


def console(*lines: str, opener: str = "```console") -> str:
    return "\n".join([opener, *lines, "```", ""])


def test_a_page_that_is_green_is_recorded_from_two_runs_and_not_edited(old: Old) -> None:
    page = console("$ docker ps", "one")
    assert old.adopt(page, {"docker ps": "one\n"}) == page
    assert '"runs": 3' in (old.folder / "recordings/p.md.json").read_text()


def test_a_page_that_runs_nothing_only_leaves_the_baseline(old: Old) -> None:
    assert old.adopt("# Prose\n") == "# Prose\n"
    assert old.runs == 0
    assert (old.folder / baseline.NAME).read_text() == "# later\nother.md\n"


def test_output_becomes_what_came_out(old: Old) -> None:
    page = console("$ docker ps", "old", "...", "$ docker info", "same")
    answers = {"docker ps": "new\nmore\n", "docker info": "same\n"}
    assert old.adopt(page, answers) == page.replace("old\n", "new\n")


def test_ids_that_were_pasted_are_those_of_the_recording(old: Old) -> None:
    runs = [
        {"docker run -d x": f"{digits * 4}\n"}
        for digits in ("0123456789abcdef", "fedcba9876543210", "00112233445566ff")
    ]
    assert old.adopt(console("$ docker run -d x", "old"), *runs) == console("$ docker run -d x", "0123456789abcdef" * 4)


def test_what_two_runs_have_not_shown_to_vary_is_left_open(old: Old) -> None:
    runs = [{"docker ps": f"same\n{lines}end\n"} for lines in ("", "", "a warning\n")]
    assert old.adopt(console("$ docker ps", "old"), *runs) == console("$ docker ps", "same", "...", "end")


def test_where_output_is_exact_what_varies_is_its_authors_to_settle(old: Old) -> None:
    page = console("$ docker ps", "one", opener="```console {match=exact}")
    runs = [{"docker ps": f"{word}\n"} for word in ("one", "one", "three")]
    [problem] = old.problems(page, *runs)
    assert problem.startswith("docs/p.md:3: the output is not what line 3 says\n")
    assert "    expected: one\n              ^^^\n    came out: three\n              ^^^^^\n" in problem


def test_a_copied_id_becomes_a_name(old: Old) -> None:
    page = console("$ docker run -d x", ID, "$ docker stop 3f2a", "3f2a")
    answers = {"docker run -d x": f"{OTHER_ID}\n", f"docker stop {OTHER_ID}": f"{OTHER_ID}\n"}
    assert old.adopt(page, answers) == console(
        "$ docker run -d x", "<container>", "$ docker stop <container>", "<container>"
    )


def test_ids_out_of_a_list_are_those_of_the_rows_that_take_their_place(old: Old) -> None:
    first, second, third = "305297d7a235", "ff0a5c3750b9", "14e5bd11d164"
    page = "It is a **container**.\n\n" + console(
        *("$ docker ps -a", "ID   OF", f"{first}   a", f"{second}   b", f"{third}   c"),
        *(f"$ docker rm {first} {second}", first, second, "$ docker info", "old"),
    )
    answers = {
        "docker info": "new\n",
        "docker ps -a": f"ID   OF\n{ID}   x   up\n{OTHER_ID}   y   up\n",
        f"docker rm {ID} {OTHER_ID}": f"{ID}\n{OTHER_ID}\n",
    }
    assert old.adopt(page, answers) == "It is a **container**.\n\n" + console(
        *("$ docker ps -a", "ID   OF", "<container>   x   up", "<container-2>   y   up"),
        *("$ docker rm <container> <container-2>", "<container>", "<container-2>", "$ docker info", "new"),
    )


def test_a_list_that_has_no_row_for_an_id_is_its_authors_to_settle(old: Old) -> None:
    page = console("$ docker ps -a", "ID   OF", f"{ID}   a", f"$ docker rm {ID}")
    [problem] = old.problems(page, {"docker ps -a": "ID   OF\n"})
    assert "nothing comes out any more" in problem
    [problem] = old.problems(page, {"docker ps -a": "ID   OF\nnone   x\n"})
    assert "leave a name without what it stands for" in problem


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("$ docker ps", "no such thing", "$ docker info"), ("$ docker ps", "no such thing", "? 3", "$ docker info")),
        (("$ docker ps", "no ...", "? 1"), ("$ docker ps", "no ...", "? 3")),
        (("$ docker info", "? 1"), ("$ docker info",)),
        (("$ docker x", "", "# then", "$ docker info"), ("$ docker x", "? 4", "", "# then", "$ docker info")),
    ],
)
def test_a_failure_that_the_page_shows_gets_its_status(
    old: Old, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    answers: dict[str, Answer] = {"docker ps": ("no such thing\n", 3), "docker x": ("", 4), "docker info": ""}
    assert old.adopt(console(*before), answers) == console(*after)


def test_a_status_that_the_fence_names_is_changed_there(old: Old) -> None:
    page = console("$ docker ps", "no", opener="```console {exit=1 .x}")
    assert old.adopt(page, {"docker ps": ("no\n", 3)}) == page.replace("exit=1", "exit=3")


def test_a_failure_that_the_page_does_not_show_is_its_authors_to_settle(old: Old) -> None:
    [problem] = old.problems(console("$ docker ps"), {"docker ps": ("daemon is gone\n", 1)})
    assert problem.startswith("docs/p.md:2: exit status 1, expected 0\n    $ docker ps\n")
    assert "      daemon is gone\n" in problem
    assert "--accept 2 takes this exit status; --skip '2=why' shows its fence without running it" in problem


@pytest.mark.parametrize("line", ["...", "<Snip>"])
def test_output_that_is_left_out_shows_no_failure(old: Old, line: str) -> None:
    [problem] = old.problems(console("$ docker ps", line), {"docker ps": ("gone\n", 1)})
    assert problem.startswith("docs/p.md:2: exit status 1, expected 0")


def test_an_image_that_is_not_there_is_no_example(old: Old) -> None:
    page = console("$ docker run x", "Unable to find image 'x:latest' locally")
    [problem] = old.problems(page, {"docker run x": ("Unable to find image 'x:latest' locally\n", 125)})
    assert "The page's engine has no image x:latest: list it under images: in mkdocs.yml." in problem


class Pulls(FakeSandbox):
    """An engine that has a hub if its page asks for one."""

    def __init__(self, job: Job) -> None:
        refused = 'failed to resolve reference "docker.io/library/debian:latest": network is unreachable\n'
        super().__init__({"docker pull debian": "pulled\n" if job.page.options.hub else (refused, 1)})


@pytest.mark.parametrize(
    ("head", "after"),
    [
        ("", "---\nsnippetrun:\n  hub: true\n---\n\n"),
        ("---\ntitle: x\n---\n", "---\ntitle: x\nsnippetrun:\n  hub: true\n---\n"),
    ],
)
def test_a_page_that_pulls_an_image_of_the_site_gets_a_hub(
    old: Old, monkeypatch: pytest.MonkeyPatch, head: str, after: str
) -> None:
    (old.folder / "mkdocs.yml").write_text("plugins: [{snippetrun: {images: {debian: {build: images/debian}}}}]\n")
    (old.folder / "images/debian").mkdir(parents=True)
    (old.folder / "images/debian/Dockerfile").write_text("FROM scratch\n")
    monkeypatch.setattr(old, "start", lambda job: nullcontext(Pulls(job)))
    page = console("$ docker pull debian", "Pulling ...")
    assert old.adopt(head + page) == after + console("$ docker pull debian", "pulled")


def test_an_image_that_the_site_has_not_is_no_reason_for_a_hub(old: Old) -> None:
    refused = 'failed to resolve reference "docker.io/library/debian:latest": network is unreachable\n'
    [problem] = old.problems(console("$ docker pull debian"), {"docker pull debian": (refused, 1)})
    assert "needs a registry" in problem


def test_a_status_is_accepted_where_the_owner_says_so_also_below_an_edit(old: Old) -> None:
    page = console("$ docker x", "$ docker ps", "old")
    answers: dict[str, Answer] = {"docker x": ("", 4), "docker ps": ("daemon is gone\n", 1)}
    edited = old.adopt(page, answers, wishes=Wishes(accept=frozenset({3})))
    assert edited == console("$ docker x", "? 4", "$ docker ps", "daemon is gone", "? 1")


@pytest.mark.parametrize("line", [3, 4, 5])
def test_any_line_of_a_command_accepts_it_also_its_status(old: Old, line: int) -> None:
    page = console("$ docker info", "$ docker ps", "old", "? 1")
    answers: dict[str, Answer] = {"docker info": "", "docker ps": ("gone\n", 2)}
    assert old.problems(page, answers)
    edited = old.adopt(page, answers, wishes=Wishes(accept=frozenset({line})))
    assert edited == page.replace("old\n? 1", "gone\n? 2")


def test_the_folders_of_images_are_read_once_for_a_page(old: Old, digested: list[Path]) -> None:
    old.propose(console("$ docker ps", "old"), {"docker ps": "new\n"})
    assert len(digested) == 1


def test_a_page_of_the_baseline_is_run_again_by_adopt_alone(old: Old) -> None:
    [problem] = old.problems(console("$ docker x", "up"), {"docker x": ("down\n", 1)})
    assert "To run this page alone: snippetrun adopt docs/p.md\n" in problem


def test_what_is_accepted_has_to_be_there(old: Old) -> None:
    page = "1. a\n\n" + textwrap.indent(console("$ docker ps", "old"), "   ")
    assert old.problems(page, {}, wishes=Wishes(accept=frozenset({2, 5, 99}))) == [
        "docs/p.md: --accept 2: nothing runs there\n    Name the line of a command, or one of its output.",
        "docs/p.md: --accept 99: nothing runs there\n    Name the line of a command, or one of its output.",
    ]


def test_a_fence_is_skipped_where_the_owner_says_so(old: Old) -> None:
    page = console("$ docker ps") + "\n" + console("$ docker gpu", opener="```console {.x}")
    edited = old.adopt(page, {"docker ps": ""}, wishes=Wishes(skip={6: 'needs a "GPU"'}))
    assert edited == page.replace("{.x}", "{.x skip=\"needs a 'GPU'\"}")
    old.page.write_text(page)
    assert old.problems(page, {}, wishes=Wishes(skip={4: "x"}))[0].startswith("docs/p.md:4: no fence is here")


def test_a_command_that_goes_on_is_left_open(old: Old) -> None:
    page = console("$ docker run web", opener="```console {timeout=2s}")
    server = program("2026-01-01 ready for connections\n", "")
    for before in (page, page.replace("web\n", "web\n? 137\n")):
        text = old.propose(before, {"docker run web": server}).file.after
        assert text == page.replace("{timeout=2s}", '{timeout=2s until="ready for connections"}')


@pytest.mark.parametrize("status", [[], ["? 1"]])
def test_one_that_others_follow_gets_a_terminal_of_its_own(old: Old, status: list[str]) -> None:
    page = console("$ docker ps", "$ docker run web", *status, "$ docker info", opener="```console {timeout=2s}")
    server = program("ready for connections\n", "")
    answers: dict[str, Answer] = {"docker ps": "", "docker run web": server, "docker info": ""}
    assert old.propose(page, answers).file.after == (
        "```console {timeout=2s}\n$ docker ps\n```\n\n"
        '```console {timeout=2s term=server until="ready for connections"}\n$ docker run web\n```\n\n'
        "```console {timeout=2s}\n$ docker info\n```\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("user@host:~$ docker ps", "old"), ("$ docker ps", "new")),
        (("$ docker ps", "...", "[manager1]$ docker info"), ("$ docker ps", "...", "$ docker info")),
        (("$docker ps",), ("$ docker ps",)),
        (("docker ps", "", "docker info"), ("$ docker ps", "", "$ docker info")),
    ],
)
def test_a_prompt_of_another_host_becomes_that_of_the_site(
    old: Old, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    answers = {"docker ps": "new\n", "docker info": ""}
    assert old.adopt(console("$ docker info") + console(*before), answers) == console("$ docker info") + console(*after)


@pytest.mark.parametrize("lines", [("docker ps", "one"), ("PS C:\\> docker ps",), ("root@box:/# docker ps",)])
def test_what_may_be_something_else_is_its_authors_to_settle(old: Old, lines: tuple[str, ...]) -> None:
    assert old.problems(console("$ docker info") + console(*lines), {"docker info": ""})


def test_a_shell_in_a_container_that_nobody_leaves_is_left(old: Old) -> None:
    shell = program("/ # ", "bin\n/ # ", "")
    below = "\n" + console("$ docker ps", "one")
    before = console("$ docker run -it busybox", "/ # ls", "old") + below
    after = console("$ docker run -it busybox", "/ # ls", "bin", "/ # exit") + below
    assert old.adopt(before, {"docker run -it busybox": shell, "docker ps": "one\n"}) == after


def test_a_shell_that_goes_on_in_the_next_fence_is_left_there(old: Old) -> None:
    shell = program("/ # ", "bin\n/ # ", "etc\n/ # ", "")
    before = console("$ docker run -it busybox", "/ # ls", "bin") + "\n" + console("/ # ls /etc", "etc")
    below = "\n" + console("$ docker ps", "one")
    answers: dict[str, Answer] = {"docker run -it busybox": shell, "docker ps": "one\n"}
    assert old.adopt(before + below, answers) == before.replace("etc\n```", "etc\n/ # exit\n```") + below


def test_a_shell_that_nothing_is_typed_into_gets_a_terminal_of_its_own(old: Old) -> None:
    page = console("$ docker info", "$ docker run -it busybox") + "\n" + console("$ docker ps", "one")
    answers: dict[str, Answer] = {
        "docker info": "",
        "docker run -it busybox": program("/ # ", ""),
        "docker ps": "one\n",
    }
    assert old.adopt(page, answers) == (
        console("$ docker info")
        + "\n"
        + console("$ docker run -it busybox", opener="```console {term=shell}")
        + "\n"
        + console("$ docker ps", "one")
    )


def test_a_login_that_shows_no_password_gets_one(old: Old) -> None:
    login = program("Username: ", "Password: ", "Login Succeeded\n")
    page = console("$ docker login", "Username: bee", "Password:", "Login Succeeded") + "\n" + console("$ docker ps")
    answers: dict[str, Answer] = {"docker login": login, "docker ps": ""}
    assert old.adopt(page, answers) == page.replace("Password:", "Password: secret")


def test_a_list_by_three_is_indented_by_four(old: Old) -> None:
    page = "1. Step:\n\n   ```console\n   $ docker ps\n   old\n   ```\n"
    assert old.adopt(page, {"docker ps": "new\n"}) == (
        "1. Step:\n\n    ```console\n    $ docker ps\n    new\n    ```\n"
    )


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("```console {nonsense=1}\n$ docker ps\n```\n", "docs/p.md:1:"),
        (
            "```console\n$ docker ps\n```\n\n```console\nPS> docker ps\n```\n",
            "docs/p.md:6: `PS>` is no prompt of this site",
        ),
        (
            "---\nsnippetrun: {images: [x]}\n---\n```console\n$ docker ps\n```\n",
            "docs/p.md:2: images: the site lists no",
        ),
    ],
)
def test_what_is_wrong_with_a_page_is_said_with_its_line(old: Old, page: str, problem: str) -> None:
    assert old.problems(page, {"docker ps": ""})[0].startswith(problem)


def test_output_becomes_nothing_but_output(old: Old) -> None:
    page = console("$ docker ps", "old")
    assert old.adopt(page, {"docker ps": "$ docker rm -f everything\n"}) == console("$ docker ps", "...")


def test_what_an_example_does_not_show_any_more_is_asked(old: Old) -> None:
    page = console("$ docker logs x", "something")
    [problem] = old.problems(page, {"docker logs x": ""})
    assert (
        problem == "docs/p.md:3: nothing comes out any more\n    If that is right: --accept 3. If not, change the page."
    )
    adoption = old.propose(page, {"docker logs x": ""}, wishes=Wishes(asks=True))
    assert [question.line for question in adoption.questions] == [3]
    assert old.adopt(page, {"docker logs x": ""}, wishes=Wishes(accept=frozenset({3}))) == console("$ docker logs x")


def test_a_line_is_that_of_the_page_as_it_stands(old: Old) -> None:
    page = "Text:\n1. a\n\n   ```console\n   $ docker x\n   $ docker ps\n   $ docker y\n   ```\n"
    answers: dict[str, Answer] = {"docker x": ("", 4), "docker ps": ("no\n", 1), "docker y": ""}
    [problem] = old.problems(page, answers)
    assert problem.startswith("docs/p.md:6: exit status 1, expected 0")
    assert "--accept 6 takes this exit status; --skip '6=why'" in problem


def test_a_command_that_goes_on_without_a_word_is_left_open_too(old: Old) -> None:
    page = console("$ docker run web", opener="```console {timeout=2s}")
    text = old.propose(page, {"docker run web": program("", "")}).file.after
    assert text == page.replace("{timeout=2s}", '{timeout=2s until=""}')


def test_a_shell_that_is_gone_is_its_authors_to_settle(old: Old) -> None:
    [problem] = old.problems(console("$ docker ps"), {"docker ps": Ending.SHELL_GONE})
    assert problem.startswith("docs/p.md:2: it ended the page's shell")


def test_a_page_of_which_the_site_makes_something_else_stays(old: Old) -> None:
    (old.folder / "hook.py").write_text(
        "def on_page_markdown(markdown, **_):\n    return markdown.replace('ps', 'info')\n"
    )
    (old.folder / "mkdocs.yml").write_text("site_name: x\nplugins: [snippetrun]\nhooks: [hook.py]\n")
    page = console("$ docker ps", "old")
    adoption = old.propose(page, {"docker ps": "new\n"})
    with pytest.raises(PageError, match="the site runs other commands than this file has"):
        adopt.apply(config.load(), adoption)
    assert old.page.read_text() == page
    assert "p.md" in config.load().baseline.lines


@pytest.mark.parametrize(("file", "text"), [("hook.py", "raise RuntimeError\n"), ("recordings", "no folder\n")])
def test_a_page_that_cannot_be_read_again_or_recorded_stays(old: Old, file: str, text: str) -> None:
    (old.folder / "hook.py").touch()
    (old.folder / "mkdocs.yml").write_text("site_name: x\nplugins: [snippetrun]\nhooks: [hook.py]\n")
    (old.folder / file).write_text(text)
    page = console("$ docker ps", "old")
    adoption = old.propose(page, {"docker ps": "new\n"})
    with pytest.raises(SnippetrunError):
        adopt.apply(config.load(), adoption)
    assert old.page.read_text() == page
    assert "p.md" in config.load().baseline.lines


@pytest.mark.parametrize(
    "case",
    [
        ("docker\nFROM x", "docker build .", "open Dockerfile: no such file or directory", "docker {file=Dockerfile}"),
        ("\n# x\nfrom x", "docker build .", "open app/Dockerfile: no such file", " {file=app/Dockerfile}"),
        (
            "yaml\nservices:\n  a: b",
            "docker compose up",
            "no configuration file provided: not found",
            "yaml {file=compose.yaml}",
        ),
        ("yaml {.x}\nservices:", "docker compose up", "open c.yml: no such file", "yaml {.x file=c.yml}"),
    ],
)
def test_the_one_fence_that_shows_a_file_writes_it(
    old: Old, monkeypatch: pytest.MonkeyPatch, case: tuple[str, str, str, str]
) -> None:
    shown, command, message, file = case

    class Builder(FakeSandbox):
        def __init__(self) -> None:
            super().__init__(lambda _: "built\n" if self.files else (f"ERROR: {message}\n", 1))

    monkeypatch.setattr(old, "start", lambda _: nullcontext(Builder()))
    fence = f"```{shown}\n```\n\n"
    page = "```yaml\na: b\n```\n\n%s" + console(f"$ {command}", "built")
    rest = fence.partition("\n")[2]
    assert old.adopt(page % fence) == page % f"```{file}\n{rest}"
    twice = page % (fence + fence)
    assert "Nothing above writes" in old.problems(twice)[0]


class Bare(FakeSandbox):
    """An engine that lacks what its page has not made: answers are failures until a command has run."""

    def __init__(self, lacking: Mapping[str, tuple[str, str]], answers: Mapping[str, Answer]) -> None:
        super().__init__(self.reply)
        self.lacking, self.made = lacking, answers

    def reply(self, command: str) -> Answer:
        maker, message = self.lacking.get(command, ("", ""))
        return ("Error: " + message + "\n", 1) if maker and maker not in self.commands else self.made[command]


NO_SWARM = 'This node is not a swarm manager. Use "docker swarm init"'


@pytest.mark.parametrize(
    "steps",
    [
        ("docker service ls", NO_SWARM, "docker swarm init"),
        ("docker run --network mine busybox", "network mine not found.", "docker network create mine"),
        (
            "docker service create --network mine busybox",
            "network mine not found",
            "docker network create --driver overlay mine",
        ),
        (
            "docker network connect bridge c1 && docker run busybox",
            "No such container: c1",
            "docker run -dit --name c1 busybox",
        ),
    ],
)
@pytest.mark.parametrize("indent", ["", "    "])
def test_what_a_page_takes_for_granted_is_made_above_it_out_of_sight(
    old: Old, monkeypatch: pytest.MonkeyPatch, steps: tuple[str, str, str], indent: str
) -> None:
    command, message, maker = steps
    with_busybox(old)
    bare = {command: (maker, message)}
    monkeypatch.setattr(old, "start", lambda _: nullcontext(Bare(bare, {maker: "id\n", command: "done\n"})))
    head = "1. a\n\n" if indent else ""
    page = textwrap.indent(console(f"$ {command}", "done"), indent)
    hidden = textwrap.indent(console(f"$ {maker}", opener="```console {hide}"), indent)
    assert old.adopt(head + page) == head + hidden + "\n" + page


def test_scripts_below_what_is_made_stay_scripts(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    (old.folder / "mkdocs.yml").write_text("plugins: [{snippetrun: {languages: [bash, console]}}]\n")
    bare = {"docker service ls": ("docker swarm init", NO_SWARM)}
    made = dict.fromkeys(["docker swarm init", "docker service ls", "curl localhost"], "")
    monkeypatch.setattr(old, "start", lambda _: nullcontext(Bare(bare, made)))
    page = "```bash\ndocker service ls\n```\n\n```bash\ncurl localhost\n```\n"
    assert old.adopt(page) == console("$ docker swarm init", opener="```console {hide}") + "\n" + page


def with_busybox(old: Old) -> None:
    (old.folder / "mkdocs.yml").write_text("plugins: [{snippetrun: {images: {busybox: {build: images/busybox}}}}]\n")
    (old.folder / "images/busybox").mkdir(parents=True)
    (old.folder / "images/busybox/Dockerfile").write_text("FROM scratch\n")


def test_what_two_commands_lack_is_made_in_one_fence(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    with_busybox(old)
    makers = "docker run -dit --name c1 busybox", "docker network create mine"
    start, run = "docker start c1 && docker run busybox", "docker run --network mine busybox"
    bare = {start: (makers[0], "No such container: c1"), run: (makers[1], "network mine not found")}
    monkeypatch.setattr(old, "start", lambda _: nullcontext(Bare(bare, dict.fromkeys([*makers, *bare], ""))))
    page = console(f"$ {start}", f"$ {run}")
    hidden = console(*(f"$ {maker}" for maker in makers), opener="```console {hide}")
    assert old.adopt(page) == hidden + "\n" + page


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        (("docker swarm leave", "docker service ls"), NO_SWARM),
        (("docker network create --driver x mine", "docker run --network mine busybox"), "network mine not found"),
        (("docker service create --name c1 busybox", "docker exec c1 ls"), "No such container: c1"),
        (("docker compose up -d", "docker exec c1 ls"), "No such container: c1"),
        (("docker ps", "docker exec c1 ls"), "No such container: c1"),
        (("docker run busybox", "docker exec 容器 ls"), "No such container: 容器"),
        (("docker run busybox", "docker exec abc123 ls"), "No such container: abc123"),
        (("docker run busybox", "docker exec CONTAINER ls"), "No such container: CONTAINER"),
    ],
)
def test_what_its_page_makes_otherwise_or_nobody_can_tell_is_its_authors_to_make(
    old: Old, commands: tuple[str, str], message: str
) -> None:
    with_busybox(old)
    answers: dict[str, Answer] = {commands[0]: "", commands[1]: (f"Error: {message}\n", 1)}
    [problem] = old.problems(console(*(f"$ {command}" for command in commands)), answers)
    assert problem.startswith("docs/p.md:3: exit status 1, expected 0")


def test_who_asks_a_server_asks_until_it_is_up(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(FakeSandbox):
        def __init__(self) -> None:
            super().__init__(lambda command: ("", 7) if command[0] == "c" and len(self.commands) < 4 else "up\n")

    monkeypatch.setattr(old, "start", lambda _: nullcontext(Slow()))
    page = console("$ docker run -d web", "up") + "\n"
    ask = console("$ curl localhost", "up")
    assert old.adopt(page + ask) == page + ask.replace("console", "console {retry=30s}")

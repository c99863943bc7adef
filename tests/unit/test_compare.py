from __future__ import annotations

import pytest

from snippetrun.model import Command, CommandResult, Ending, Options, Outcome, Page, PageOptions, Snippet, printed
from snippetrun.sameness.ending import missing_image
from snippetrun.sameness.expected import judge
from snippetrun.sandbox import live
from snippetrun.support.limits import HIGHEST_USER, beyond_users

ONE, TWO, THREE = (Command(f"docker {word}", line, line) for line, word in ((2, "one"), (3, "two"), (7, "three")))


def page(*, options: PageOptions = PageOptions(), last: Options = Options()) -> Page:  # noqa: B008 - frozen
    first = Snippet("console", Options(), 1, 4, "", "", (ONE, TWO))
    return Page("docs/a.md", (first, Snippet("console", last, 6, 8, "", "", (THREE,))), options)


def recorded(
    command: Command, status: int | None = 0, ending: Ending = Ending.EXITED, output: str = ""
) -> CommandResult:
    return CommandResult(command.line, command.text, printed(output), status, 1.0, ending)


def outcomes(of: Page, *snippets: tuple[CommandResult, ...]) -> list[list[Outcome]]:
    return [[verdict.outcome for verdict in verdicts] for verdicts in judge(of, snippets)]


def test_commands_that_end_as_expected_pass() -> None:
    ran = outcomes(page(), (recorded(ONE), recorded(TWO)), (recorded(THREE),))
    assert ran == [[Outcome.PASSED, Outcome.PASSED], [Outcome.PASSED]]


def test_what_stands_after_a_failure_was_not_reached() -> None:
    ran = outcomes(page(), (recorded(ONE, 1),))
    assert ran == [[Outcome.FAILED, Outcome.NOT_REACHED], [Outcome.NOT_REACHED]]


def test_a_skipped_fence_is_skipped_with_its_reason() -> None:
    [_, [verdict]] = judge(page(last=Options(skip="needs a GPU")), ((recorded(ONE), recorded(TWO)), ()))
    assert (verdict.outcome, verdict.message) == (Outcome.SKIPPED, "needs a GPU")


def test_a_skipped_page_is_skipped_whole() -> None:
    verdicts = judge(page(options=PageOptions(skip="old")), ())
    assert {verdict.message for snippet in verdicts for verdict in snippet} == {"old"}


@pytest.mark.parametrize(
    ("status", "ending", "message"),
    [
        (3, Ending.EXITED, "exit status 3, expected 0"),
        (None, Ending.TIMED_OUT, "still running after 1 s"),
        (None, Ending.UNFINISHED, "the shell waits for the rest of it"),
        (None, Ending.SHELL_GONE, "it ended the page's shell"),
    ],
)
def test_a_failure_says_what_is_wrong(status: int | None, ending: Ending, message: str) -> None:
    verdict = judge(page(), ((recorded(ONE, status, ending),),))[0][0]
    assert (verdict.outcome, verdict.message, verdict.line) == (Outcome.FAILED, message, 2)


def test_a_success_where_a_failure_is_expected_is_a_failure() -> None:
    command = Command("docker x", 2, 2, status=3)
    of = Page("a.md", (Snippet("console", Options(), 1, 3, "", "", (command,)),))
    assert outcomes(of, (recorded(command, 3),)) == [[Outcome.PASSED]]
    assert judge(of, ((recorded(command, 0),),))[0][0].message == "exit status 0, expected 3"


@pytest.mark.parametrize(
    "output",
    [
        "Unable to find image 'redis:7' locally\ndocker: Error response from daemon: ...",
        "ERROR: failed to resolve source metadata for docker.io/library/redis:7: failed to do request",
    ],
)
def test_an_image_that_is_not_listed_is_named(output: str) -> None:
    assert "no image redis:7" in missing_image(output)
    assert judge(page(), ((recorded(ONE, 125, output=output),),))[0][0].hint == missing_image(output)


@pytest.mark.parametrize(
    ("name", "hint"), [("docker.io/library/redis:7", "hub: true"), ("quay.io/a:7", "leave the pull")]
)
def test_what_is_pulled_without_a_registry_has_a_hint_that_helps(name: str, hint: str) -> None:
    assert hint in missing_image(f'Error response from daemon: failed to resolve reference "{name}": failed to do')


@pytest.mark.parametrize(
    "output",
    [
        "chown: /tmp: Invalid argument",
        "chown: changing ownership of '/tmp': Invalid argument",
        "runc create failed: unable to start container process: unable to setup user: invalid argument: unknown.",
        'failed to Lchown "/a" for UID 1000620000, GID 0: lchown /a: invalid argument (Hint: try increasing the range)',
    ],
)
def test_a_user_whom_the_sandbox_has_not_got_is_told_of_the_limit(output: str) -> None:
    assert "589823" in judge(page(), ((recorded(ONE, 1, output=output),),))[0][0].hint


def test_a_sandbox_has_as_many_users_as_it_says() -> None:
    assert f"span=$(({HIGHEST_USER + 1:#x}))" in (live.IMAGE_FOLDER / "launch").read_text()


@pytest.mark.parametrize(
    ("output", "hint"),
    [
        ("Error response from daemon: No such container: web", "Nothing above makes web. What other pages make is not"),
        ("[]\nError response from daemon: get my-data: no such volume", "Nothing above makes my-data."),
        ("Error response from daemon: network front not found", "in a fence with {hide} if readers are not to see it"),
        (
            'This node is not a swarm manager. Use "docker swarm init"',
            "Nothing above begins a swarm: `docker swarm init`",
        ),
        (
            'docker: Error response from daemon: Conflict. The container name "/web" is already in use by "3f"',
            "`docker rm -f web` above it, in a fence with {hide}",
        ),
        ("Error response from daemon: network with name front already exists", "`docker network rm front` above it"),
        ("ERROR: failed to read dockerfile: open Dockerfile: no such file or directory", "with {file=Dockerfile}."),
        ("open app/stack.yml: no such file or directory", "Nothing above writes app/stack.yml."),
        ("no configuration file provided: not found", "Nothing above writes compose.yaml. A fence that shows it does"),
    ],
)
def test_what_another_page_has_made_is_told_apart(output: str, hint: str) -> None:
    assert hint in judge(page(), ((recorded(ONE, 1, output=output),),))[0][0].hint


@pytest.mark.parametrize(
    ("commands", "hint"),
    [
        (("docker run --cap-drop $CAP x",), "$CAP is empty: nothing above sets it."),
        (("docker rm ${ID}",), "$ID is empty"),
        (("docker rm $HOME",), ""),
        (("docker rm '$CAP'",), ""),
        (("docker rm \\$CAP",), ""),
        (("docker rm ${CAP:-x}",), ""),
        (("docker rm $1 $? $$",), ""),
        (("CAP=x", "docker rm $CAP"), ""),
        (("export CAP=x; docker rm $CAP",), ""),
        (("for id in a b; do docker rm $id; done",), ""),
        (("read -r id", "docker rm $id"), ""),
        (("source env.sh", "docker rm $CAP"), ""),
    ],
)
def test_a_variable_that_nothing_sets_is_named_where_its_command_fails(commands: tuple[str, ...], hint: str) -> None:
    typed = tuple(Command(text, number, number) for number, text in enumerate(commands, 2))
    of = Page("a.md", (Snippet("console", Options(), 1, 9, "", "", typed),))
    results = tuple(recorded(command, int(command is typed[-1])) for command in typed)
    last = judge(of, (results,))[0][-1]
    assert last.outcome is Outcome.FAILED
    assert hint in last.hint if hint else "is empty" not in last.hint


def test_other_output_names_no_image() -> None:
    assert missing_image("no such file") == ""


def test_a_line_of_a_megabyte_that_speaks_of_users_does_not_keep_anybody_waiting() -> None:
    assert beyond_users("chown " * 170_000) == ""

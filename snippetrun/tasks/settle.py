"""A command that did not end as its page expects, and what the page has to say so that it does.

exit status 3, and nothing told of it     ? 3 under its output
it pulls an image of the site's           hub: true in the front matter
what is above it is a shell, still open   / # exit under what is typed into that, or a terminal of its own
what is above it asks for a password       Password: secret, which is shown nowhere
it goes on for ever                       {term=server until="ready"} on a fence of its own
it reads a Dockerfile that a fence shows   {file=Dockerfile} on that fence
a server that it asks is not up yet       {retry=30s}
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from snippetrun.extract import Edit
from snippetrun.extract.fences import Fence
from snippetrun.extract.front_matter import FrontMatter
from snippetrun.extract.lookalikes import prompt_in_container, with_prompt
from snippetrun.extract.prompts import has_prompt, opens_shell
from snippetrun.extract.shell_syntax import runs_docker
from snippetrun.model import Command, CommandResult, Ending, Match, Page, Snippet
from snippetrun.sameness.ending import missing_image
from snippetrun.support.patterns import Names, is_elision, match_lines
from snippetrun.support.sgr import uncoloured
from snippetrun.terminal.inputs import asks_for_secret

# ? 3, under a command
_STATUS = re.compile(r"[> \t]*\? [0-9]+[ \t]*")
# exit=3, in the braces of a fence
_EXIT = re.compile(r"(?<=[\s{])exit=[\"']?[0-9]+[\"']?")
# open Dockerfile: no such file or directory, as BuildKit says, and what compose does
_NO_FILE = re.compile(r"open ((?:[\w-]+/)*(?:\w*Dockerfile|[\w.-]+\.ya?ml)): no such|(no configuration file provided)")
# FROM debian AS build, or services: of compose
_SHOWS_FILE = re.compile(r"(?P<dockerfile>FROM\s+\S)|services:\s*", re.IGNORECASE)
# curl localhost:8080
_ASKS_SERVER = re.compile(r"\s*(?:sudo )?curl\s")
_NOT_UP = frozenset({7, 52, 56})
"""The exit statuses of curl for a connection that is refused, or that ends before the answer."""
# docker login, docker login --username bee
_LOGS_IN = re.compile(r"\bdocker login\b")
# what is the same in every run: server listens on port
_STEADY = re.compile(r"[^\W\d][^\d\"{}\\]{3,}")
_LONGEST = 60


def status_is_meant(command: Command, recorded: CommandResult) -> bool:
    """Tell whether the page shows a failure as it came, to its last line, or shows nothing where nothing came.

    An image that is not there is nobody's example, though the page may well show how it was pulled.
    """
    if recorded.ending is not Ending.EXITED or recorded.waited_for or recorded.fault or missing_image(recorded.output):
        return False
    last = uncoloured(recorded.output).rstrip().rpartition("\n")[2]
    written = [line for line in command.written if line.strip()]
    if not written or not last:
        return not written and not last
    shown = (line for line in written if not is_elision(line, Match.PATTERN))
    return any(match_lines(Names(), [line], [last]) is None for line in shown)


def prompted(fences: Iterable[Fence], unrun: Collection[int], prompts: tuple[str, ...]) -> Iterator[Edit]:
    """Yield edits of lines that run once they have the site's own prompt, where nobody can take them for output.

    `unrun` are the lines of which it is known that they do not run.
    """
    for fence in fences:
        lines = set(unrun) & set(range(fence.line + 1, fence.end_line))
        alone = all(line.startswith("docker ") for line in fence.lines if line.strip())
        for number, line in enumerate(fence.lines if lines else (), fence.line + 1):
            new = with_prompt(line, prompts) if number in lines else ""
            if alone and line:
                new = f"{prompts[0]} {line}"
            if new:
                yield Edit(number, number, (fence.prefix + new,))


def with_hub(front: FrontMatter) -> list[Edit]:
    """Return what gives a page a registry; nothing if its front matter says something to us already."""
    if front.options.line:
        return []
    ours = ("snippetrun:", "  hub: true")
    return [Edit(front.lines, front.lines - 1, ours) if front.lines else Edit(1, 0, ("---", *ours, "---", ""))]


def with_status(
    lines: Sequence[str], snippet: Snippet, command: Command, status: int, prompts: tuple[str, ...]
) -> list[Edit]:
    """Return what makes a page expect an exit status."""
    opener = lines[snippet.line - 1]
    if snippet.options.exit is not None:
        return [Edit(snippet.line, snippet.line, (with_exit(opener, status),))]
    if not has_prompt(snippet.content.split("\n"), prompts):
        return [Edit(snippet.line, snippet.line, (with_option(opener, f"exit={status}"),))]
    return [status_below(lines, snippet, command, status)]


def with_file(lines: Sequence[str], fences: Iterable[Fence], command: Command, output: str) -> list[Edit]:
    """Return what writes the file that a command lacks, where just one fence above shows such a file."""
    lacks = _NO_FILE.search(output)
    name = (lacks[1] or "compose.yaml") if lacks else ""
    shown = [
        fence
        for fence in fences
        if fence.end_line < command.line and "file=" not in fence.info
        if any(
            match and bool(match["dockerfile"]) is name.endswith("Dockerfile")
            for match in map(_SHOWS_FILE.match, fence.lines)
        )
        if not any(map(runs_docker, fence.lines))
    ]
    if not name or len(shown) != 1:
        return []
    line = shown[0].line
    return [Edit(line, line, (with_option(lines[line - 1], f"file={name}"),))]


def tried_again(lines: Sequence[str], snippet: Snippet, command: Command, status: int) -> list[Edit]:
    """Return what lets a command ask a server until that is up; nothing if it does already, or is no such command."""
    asks = status in _NOT_UP and _ASKS_SERVER.match(command.text)
    if not asks or snippet.options.retry or len(snippet.commands) > 1:
        return []
    return [Edit(snippet.line, snippet.line, (with_option(lines[snippet.line - 1], "retry=30s"),))]


def with_exit(opener: str, status: int) -> str:
    """Return an opening fence that expects another exit status in its braces."""
    return _EXIT.sub(f"exit={status}", opener)


def status_below(lines: Sequence[str], snippet: Snippet, command: Command, status: int) -> Edit:
    """Return what writes the exit status that is expected under a command's output; 0 goes without saying."""
    below = command.end_line + len(command.written) + 1
    end = below if _STATUS.fullmatch(lines[below - 1]) else below - 1
    return Edit(below, end, (f"{snippet.prefix}? {status}",) if status else ())


def numbers_of(lines: Sequence[str], command: Command) -> range:
    """Return the numbers of the lines of a command, of its output, and of the exit status below that."""
    below = command.end_line + len(command.written) + 1
    return range(command.line, below + bool(below <= len(lines) and _STATUS.fullmatch(lines[below - 1])))


def left_open(lines: Sequence[str], page: Page, snippet: Snippet, command: Command, output: str) -> list[Edit]:
    """Return what leaves a command open that goes on, in a terminal of its own if others are typed after it."""
    at = snippet.commands.index(command)
    option = f'until="{_last_words(output)}"'
    if _types_more(page, snippet, at):
        option = f"term={_free_terminal(page, 'server')} {option}"
    return _apart(lines, snippet, command, option)


def _apart(lines: Sequence[str], snippet: Snippet, command: Command, option: str) -> list[Edit]:
    """Return what gives a command an option in a fence of its own."""
    at = snippet.commands.index(command)
    opener, closer, prefix = lines[snippet.line - 1], lines[snippet.end_line - 1], snippet.prefix
    apart = (closer, prefix.rstrip())
    edits = [Edit(snippet.line, snippet.line, (with_option(opener, option),))]
    if at:
        edits = [Edit(command.line, command.line - 1, (*apart, with_option(opener, option)))]
    below = status_below(lines, snippet, command, 0)  # what goes on has no exit status
    return [*edits, replace(below, lines=(*apart, opener)) if at + 1 < len(snippet.commands) else below]


def left(lines: Sequence[str], page: Page, snippet: Snippet) -> list[Edit]:
    """Return what leaves the shell of a container that the fence above has opened; nothing if it shows no such prompt.

    Its readers have left it on their own. A shell into which nothing is typed gets a terminal of its own, and a login
    that waits for its password gets one.
    """
    earlier = page.snippets[: page.snippets.index(snippet)]
    same = [other for other in earlier if other.options.term == snippet.options.term and other.options.skip is None]
    above = next((other for other in reversed(same) if other.commands), None)
    if above is None:
        return []
    last = above.commands[-1]
    if secret := _secret(lines, last):
        return [secret]
    if opens_shell(last.text) and not any(map(str.strip, last.written)):
        return _apart(lines, above, last, f"term={_free_terminal(page, 'shell')}")
    prompt = next(filter(None, map(prompt_in_container, reversed(last.written))), "")
    below = last.end_line + len(last.written) + 1
    return [Edit(below, below - 1, (f"{above.prefix}{prompt}exit",))] if prompt else []


def _secret(lines: Sequence[str], command: Command) -> Edit | None:
    """Return what types a password where a login shows that it asks for one: the page's own hub takes any."""
    for number, line in enumerate(command.written if _LOGS_IN.search(command.text) else (), command.end_line + 1):
        if line.rstrip().endswith(":") and asks_for_secret(f"{line.rstrip()} "):
            return Edit(number, number, (f"{lines[number - 1].rstrip()} secret",))
    return None


def skipped(lines: Sequence[str], opener: int, reason: str) -> Edit:
    """Return what shows the fence of a line without running it."""
    quoted = reason.replace('"', "'")
    return Edit(opener, opener, (with_option(lines[opener - 1], f'skip="{quoted}"'),))


def with_option(opener: str, option: str) -> str:
    """Return an opening fence with one more option: in the braces that it has, or in new ones."""
    head, brace, tail = opener.rstrip().rpartition("}")
    return f"{head} {option}{brace}{tail}" if brace and not tail else f"{opener.rstrip()} {{{option}}}"


def _types_more(page: Page, snippet: Snippet, at: int) -> bool:
    """Tell whether anything is typed into the command's terminal after it."""
    later: Iterable[Snippet] = page.snippets[page.snippets.index(snippet) + 1 :]
    runs = (other for other in later if other.commands and other.options.skip is None)
    return at + 1 < len(snippet.commands) or any(other.options.term == snippet.options.term for other in runs)


def _free_terminal(page: Page, name: str) -> str:
    taken = {snippet.options.term for snippet in page.snippets}
    names = (f"{name}-{number}" if number > 1 else name for number in count(1))
    return next(name for name in names if name not in taken)


def _last_words(output: str) -> str:
    """Return a text that the last lines of an output have in every run; "" if they have none."""
    steady: Iterator[str] = (
        max(words, key=len).strip()[:_LONGEST].strip()
        for line in reversed(uncoloured(output).splitlines())
        if (words := _STEADY.findall(line))
    )
    return next(steady, "")

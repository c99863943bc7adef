"""Names in commands, such as `<web>`, that nothing above them on the page binds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from snippetrun.errors import Problem
from snippetrun.extract.shell_syntax import Scanner, runs_docker
from snippetrun.model import Command, Snippet
from snippetrun.support.patterns import PLACEHOLDER, canonical


def find_unbound(path: str, lines: Sequence[str], snippets: Iterable[Snippet]) -> Iterator[Problem]:
    """Find the names that a command uses before any output could bind them.

    Outside of docker commands a free-standing `<name>` may be meant for the shell, which reads two redirections.
    """
    known: set[str] = set()
    last: Command | None = None
    for snippet in snippets:
        for command in snippet.commands if snippet.options.skip is None else ():
            for number, name in _used(command):
                if canonical(name) not in known:
                    yield _problem(path, lines, command.line + number, name, last)
            known |= {canonical(match[1]) for line in command.written for match in PLACEHOLDER.finditer(line)}
            last = command


def _used(command: Command) -> Iterator[tuple[int, str]]:
    """Yield the names in a command that are no redirections, with the number of their line in it."""
    if not PLACEHOLDER.search(command.text):
        return
    scanner, text = Scanner(), command.text.split("\n")
    for line in text:
        scanner.feed(line)
    docker = runs_docker(command.text)
    for opening in scanner.placeholders:
        line = text[opening.line]
        match = PLACEHOLDER.match(line, opening.offset)
        # docker rm <web> is a name, and so is echo v<version>; but cat <in> out is for the shell
        touches = opening.offset > 0 and not line[opening.offset - 1].isspace()
        if match and (docker or touches):
            yield opening.line, match[1]


def _problem(path: str, lines: Sequence[str], number: int, name: str, last: Command | None) -> Problem:
    column = lines[number - 1].find(f"<{name}>") + 1
    where = f", for instance under the command of line {last.line}" if last else ""
    hint = f"Write <{name}> in the output of an earlier command, in the place of the word that it stands for{where}."
    return Problem(f"nothing above says what <{name}> is", hint, path, number, max(column, 0))

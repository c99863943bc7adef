"""Names in commands, such as `<web>`, that nothing above them on the page binds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from snippetrun.errors import Problem
from snippetrun.extract.shell_grammar import STANDS_FOR
from snippetrun.extract.shell_syntax import Scanner, runs_docker
from snippetrun.model import Command
from snippetrun.support.patterns import PLACEHOLDER, canonical

# what follows <host> in ssh <host>, and in ssh <host> | wc: a redirection would have a target
_ENDS = re.compile(r"\s*(?:$|[|;&)])")


class BoundNames:
    """The names that the output of a page binds, as it is read from its head on."""

    def __init__(self, path: str, lines: Sequence[str]) -> None:
        """Know none yet."""
        self._path, self._lines = path, lines
        self._known: set[str] = set()
        self._last: Command | None = None

    def find_unbound(self, commands: Iterable[Command]) -> list[Problem]:
        """Return the names that the next fence uses before any output could bind them; it binds none itself then.

        Outside of docker commands a free-standing `<name>` may be meant for the shell, which reads two redirections.
        """
        own, last, problems = set[str](), self._last, list[Problem]()
        for command in commands:
            for number, name in _used(command):
                if canonical(name) not in self._known and canonical(name) not in own:
                    problems.append(self._problem(command.line + number, name, last))
            own |= {canonical(match[1]) for line in command.written for match in PLACEHOLDER.finditer(line)}
            last = command
        if not problems:
            self._known |= own
            self._last = last
        return problems

    def _problem(self, number: int, name: str, last: Command | None) -> Problem:
        column = self._lines[number - 1].find(f"<{name}>") + 1
        where = f", for instance under the command of line {last.line}" if last else ""
        word = "-".join(re.findall(r"\w+", name)) if not PLACEHOLDER.fullmatch(f"<{name}>") else name
        hint = (
            f"Its fence does not run. Write <{word}> in the output of an earlier command, in the place of the word that"
            f" it stands for{where}{'' if word == name else f', and <{word}> here'}; or write that word here; or give "
            'the fence a reason: {skip="..."}.'
        )
        return Problem(f"nothing above says what <{name}> is", hint, self._path, number, max(column, 0))


def _used(command: Command) -> Iterator[tuple[int, str]]:
    """Yield the names in a command that are no redirections, with the number of their line in it."""
    if "<" not in command.text:
        return
    scanner, text = Scanner(), command.text.split("\n")
    for line in text:
        scanner.feed(line)
    docker = runs_docker(command.text)
    for opening in scanner.placeholders:
        line = text[opening.line]
        match = STANDS_FOR.match(line, opening.offset)
        # docker rm <web> is a name, and so are echo v<version> and ssh <host>; but cat <in> out is for the shell
        touches = opening.offset > 0 and not line[opening.offset - 1].isspace()
        if match and (docker or touches or _ENDS.match(line, match.end())):
            yield opening.line, match[1]

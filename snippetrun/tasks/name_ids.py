"""Ids and made-up names that a page has copied from its author's engine, made into names that any engine can fill.

$ docker run -d busybox          $ docker run -d busybox
3f2a1b4c5d6e...             ->   <container>
$ docker stop 3f2a               $ docker stop <container>
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from snippetrun.extract import Edit
from snippetrun.model import Command, Page
from snippetrun.support.patterns import PLACEHOLDER, canonical

# 3f2a, or 3f2a1b4c5d6e with up to 52 more digits; and happy_morse, as Docker names a container without --name
_WORD = re.compile(r"(?<![\w./:-])(?:[0-9a-f]{4,64}|[a-z]+_[a-z]+[0-9]?)(?![\w./:-])")
# the id of something, as Docker prints it
_ID = re.compile(r"(?<![\w.-])[0-9a-f]{12}(?:[0-9a-f]{52})?(?!\w)")
_THINGS = {"image": ("image", "rmi"), "network": ("network",), "volume": ("volume",), "service": ("service",)}
"""What an id is called that a command with one of these words takes; all others are containers'."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of an output that a later command uses."""

    text: str
    """The first 12 digits of an id, or a name."""
    name: str

    def replace(self, line: str) -> str:
        """Return a line with the name in all places of the word."""
        return _ID.sub(self._as_name, _WORD.sub(self._as_name, line))

    def _as_name(self, match: re.Match[str]) -> str:
        same = self.text.startswith(match[0]) or (_ID.fullmatch(self.text) and match[0].startswith(self.text))
        return f"<{self.name}>" if same else match[0]


def named(page: Page, lines: Sequence[str]) -> list[Edit]:
    """Return what has to change on a page so that no command needs a word that the author's engine has made up."""
    commands = [command for snippet in page.snippets if snippet.options.skip is None for command in snippet.commands]
    words = list(_words(commands))
    numbers = [
        number for command in commands for number in range(command.line, command.end_line + len(command.written) + 1)
    ]
    edits = []
    for number in numbers if words else ():
        line = lines[number - 1]
        for word in words:
            line = word.replace(line)
        if line != lines[number - 1]:
            edits.append(Edit(number, number, (line,)))
    return edits


def _words(commands: Sequence[Command]) -> Iterator[_Word]:
    taken = {canonical(match[1]) for command in commands for match in PLACEHOLDER.finditer("\n".join(command.written))}
    known: set[str] = set()
    for at, command in enumerate(commands):
        printed = "\n".join(line for earlier in commands[:at] for line in earlier.written)
        typed = "\n".join(earlier.text for earlier in commands[:at])
        for match in _WORD.finditer(command.text):
            text = _source(match[0], printed)
            if text and text not in known and not re.search(rf"\b{text}\b", typed):
                known.add(text)
                thing = next(
                    (thing for thing, verbs in _THINGS.items() if {*verbs} & {*command.text.split()}), "container"
                )
                free = (f"{thing}-{number}" if number > 1 else thing for number in count(1))
                name = next(name for name in free if canonical(name) not in taken)
                taken.add(canonical(name))
                yield _Word(text, name)


def _source(word: str, printed: str) -> str:
    """Return the word of an output that a command has been given: the id that it begins, or itself; "" if none."""
    ids = (match[0] for match in _ID.finditer(printed))
    if "_" in word:
        return word if re.search(rf"(?<![\w.-]){word}(?![\w.-])", printed) else ""
    return next((id_[:12] for id_ in ids if id_.startswith(word) or word.startswith(id_[:12])), "")

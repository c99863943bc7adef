"""Split the text of a fence into prompted commands, with the output and the exit status expected of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from snippetrun.errors import Problem
from snippetrun.extract.lookalikes import find_above, find_continued, find_prompted, find_unprompted, is_on_host, leaves
from snippetrun.extract.shell_syntax import Scanner
from snippetrun.model import Command
from snippetrun.support.patterns import KEYS

_INVISIBLE = {
    "\u00a0": "a no-break space",
    "\u00ad": "a soft hyphen",
    "\u2007": "a figure space",
    "\u200b": "a zero-width space",
    "\u202f": "a narrow no-break space",
    "\u2060": "a word joiner",
    "\ufeff": "a zero-width no-break space",
}
"""Characters that nobody sees, and the shell reads."""
_TYPOGRAPHIC = {
    "\u2010": ("a typographic hyphen", "-"),
    "\u2011": ("a no-break hyphen", "-"),
    "\u2012": ("a figure dash", "-- or -"),
    "\u2013": ("an en dash", "-- or -"),
    "\u2014": ("an em dash", "--"),
    "\u2018": ("a curly quote", "'"),
    "\u201c": ("a curly quote", '"'),
    "\u201d": ("a curly quote", '"'),
    "\u2212": ("a minus sign", "-"),
}
"""Characters that look like those of the shell -> their name, and what to type."""
_UNSEEN = "".join(_INVISIBLE)
_ANY_UNSEEN = re.compile(f"[{_UNSEEN}]")
# > --publish 80:80, or a lone >
_CONTINUATION = re.compile(r">(?: |$)")
# ? 3, under a command
_STATUS = re.compile(r"\? ([0-9]+)[ \t]*")
# # now stop it, or #now stop it; but not #7 DONE 0.1s
_COMMENT = re.compile(r"#(?:[ ]|$|[^\W\d])")
# docker run -it, docker exec -ti, docker attach web
_INTERACTIVE = re.compile(r"(?:^|\s)(?:-(?=[A-Za-z]*(?:it|ti))[A-Za-z]++|attach)\s")
# docker run -dit, docker run -it --detach
_DETACHED = re.compile(r"\s(?:-(?=[A-Za-z]*d)[A-Za-z]++|--detach)(?:\s|$)")
_HIGHEST_STATUS = 255
_MOST_DIGITS = 9
"""Python refuses to read thousands of them."""


@dataclass(slots=True)
class Session:
    """What the text of a fence says."""

    commands: list[Command] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    """Without a path; columns are those of the text, 1-based."""
    findings: list[Problem] = field(default_factory=list)
    """Its lines that look as if they should run and do not; without a path, as `problems`."""

    @property
    def leaves_open(self) -> bool:
        """Whether a shell is still open in a container after its last command."""
        last = self.commands[-1] if self.commands else None
        return last is not None and not leaves(last.written) and (not last.text or opens_shell(last.text))

    def complain(self, line: int, column: int, message: str, hint: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(message, hint, line=line, column=column))


def opens_shell(command: str) -> bool:
    """Whether somebody may type into a container once a command has been typed."""
    return bool(_INTERACTIVE.search(command) and not _DETACHED.search(command))


def split(lines: Sequence[str], first_line: int, prompts: tuple[str, ...], *, goes_on: bool = False) -> Session:
    """Split the lines of a fence, of which the first is line `first_line` of the page.

    Lines above the first prompt belong to no command of the fence. If it `goes_on`, or if one of them is a key such as
    `^C`, they are for the command that is open in its terminal: a Command without text. A bare `$` runs nothing and
    ends the output above it.
    """
    session, prompt = Session(), _prompt(prompts)
    marks = [prompt.match(line) for line in lines]
    at = next((number for number, mark in enumerate(marks) if mark), len(lines))
    above = list(enumerate(lines[:at], first_line))
    if goes_on or any(KEYS.fullmatch(line.strip()) for line in lines[:at]):
        _add(session, "", first_line, first_line, _trimmed(lines[:at], before_prompt=at < len(lines)))
    elif above:
        session.findings += (find_above if at < len(lines) else find_unprompted)(above, prompts)
    while at < len(lines):
        start, scanner, mark = at, Scanner(), marks[at]
        text = [lines[at][mark.end() :] if mark else ""]
        _check(session, scanner, lines[at], first_line + at, text[0])
        at += 1
        marked = at < len(lines) and bool(_CONTINUATION.match(lines[at]))
        while scanner.missing and at < len(lines) and (scanner.in_heredoc or not marks[at]):
            text.append(_CONTINUATION.sub("", lines[at], count=1) if marked else lines[at])
            _check(session, scanner, lines[at], first_line + at, text[-1])
            at += 1
        end, command = at, "\n".join(text)
        interactive = bool(_INTERACTIVE.search(command))
        # What has opened a shell goes on until its own prompt is there again.
        ends = (mark[1],) if mark and interactive else prompts
        while at < len(lines) and ((mark := marks[at]) is None or mark[1] not in ends):
            at += 1
        if not command.strip():
            continue
        _finish(session, scanner, first_line + start, text)
        comments = at < len(lines) and not (interactive and _begins_with_comment(lines[end:at]))
        _add(session, command, first_line + start, first_line + end, _trimmed(lines[end:at], before_prompt=comments))
        written = session.commands[-1].written
        session.findings += find_prompted(enumerate(written, first_line + end), prompts, command)
    return session


def split_script(lines: Sequence[str], first_line: int, prompts: tuple[str, ...]) -> Session:
    """Split the lines of a fence that is a script, without prompts and output, into its commands.

    One of whose commands has a prompt is a session: `$` is no command.
    """
    session = Session()
    at = 0
    while at < len(lines):
        start, scanner, text = at, Scanner(), list[str]()
        while at < len(lines) and (scanner.missing or not text):
            text.append(lines[at])
            _check(session, scanner, lines[at], first_line + at, lines[at])
            at += 1
        if has_prompt(text[:1], prompts) or is_on_host(text[0]):
            return split(lines, first_line, prompts)
        if not text[0].strip() or text[0].lstrip().startswith("#"):
            continue
        _finish(session, scanner, first_line + start, text)
        _add(session, "\n".join(text), first_line + start, first_line + at, [])
    return session


def _begins_with_comment(below: Sequence[str]) -> bool:
    """Whether the first line looks like a comment; below an interactive command it has the prompt of a root shell."""
    return bool(_COMMENT.match(next((line for line in below if line.strip()), "")))


def _finish(session: Session, scanner: Scanner, line: int, text: Sequence[str]) -> None:
    """Complain about a command that has no end, or not the one that its author meant."""
    if continued := find_continued(line, text[0], unfinished=bool(scanner.missing)):
        session.findings.append(continued)
    elif scanner.missing:
        session.complain(line, 1, "this command has no end", f"The shell would wait for {scanner.missing}.")


def _add(session: Session, text: str, line: int, below: int, block: list[str]) -> None:
    """Add a command, under which `block` is written, from line `below` on."""
    status, written = _status(session, block, below)
    session.commands.append(Command(text, line, below - 1, status, tuple(written)))


@cache
def _prompt(prompts: tuple[str, ...]) -> re.Pattern[str]:
    # $ docker ps, or a lone $
    # A prompt spoilt by an invisible character is still one to the reader's eye, so it is one here, and reported.
    words = "|".join(re.escape(text) for text in sorted(prompts, key=len, reverse=True))
    return re.compile(rf"[{_UNSEEN}]*({words})(?:[ \t{_UNSEEN}]|$)")


def has_prompt(lines: Sequence[str], prompts: tuple[str, ...]) -> bool:
    """Whether any line starts a command."""
    return any(_prompt(prompts).match(line) for line in lines)


def _trimmed(block: Sequence[str], *, before_prompt: bool) -> list[str]:
    """Leave out blank lines at the end of what stands under a command, and a comment on the next one."""
    trimmed = list(block)
    while trimmed and (not trimmed[-1].strip() or (before_prompt and _COMMENT.match(trimmed[-1]))):
        del trimmed[-1]
    return trimmed


def _status(session: Session, block: list[str], first_line: int) -> tuple[int, list[str]]:
    """Take the expected status off the end of a block of output."""
    match = _STATUS.fullmatch(block[-1]) if block else None
    if not match:
        return 0, block
    if len(match[1]) > _MOST_DIGITS or int(match[1]) > _HIGHEST_STATUS:
        line = first_line + len(block) - 1
        session.complain(line, 3, f"{match[1]} is no exit status", f"Write 0 to {_HIGHEST_STATUS}.")
        return 0, block[:-1]
    return int(match[1]), block[:-1]


def _check(session: Session, scanner: Scanner, raw: str, line: int, text: str) -> None:
    """Feed a line of a command to the scanner and complain about characters that only look right."""
    in_heredoc, odd_before = scanner.in_heredoc, len(scanner.odd)
    scanner.feed(text)
    if in_heredoc:
        return
    for unseen in () if raw.isascii() else _ANY_UNSEEN.finditer(raw):
        hint = f"Delete U+{ord(unseen[0]):04X}, or type a plain space."
        session.complain(line, unseen.start() + 1, f"{_INVISIBLE[unseen[0]]} stands in this command", hint)
    for odd in scanner.odd[odd_before:]:
        name, plain = _TYPOGRAPHIC[odd.character]
        column = len(raw) - len(text) + odd.offset + 1
        hint = f"Type {plain} instead of U+{ord(odd.character):04X}."
        session.complain(line, column, f"{name} stands in this command", hint)

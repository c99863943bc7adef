"""A problem as people see it: where it is, what is wrong, the line of the source with a caret, and what to type next.

docs/a.md:3:13: timout: there is no such attribute
    3 | ```console {timout=3}
      |             ^^^^^^^^
    Did you mean timeout?
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from snippetrun.errors import Problem
from snippetrun.support import bounded
from snippetrun.support.neutralise import neutralise
from snippetrun.support.words import carets, width
from snippetrun.terminal.inputs import without_secret

_LONGEST = 500
"""Characters of a line that is quoted whole."""
# timout=3, skip="a reason", until='it listens', or the key of `timout: 3`; else one character
_PLACE = re.compile(r"""[\w.-]+(?:=(?:"[^"]*"|'[^']*'|[^\s"'}]*))?|.""")
# what stands under "   3 | ..." or under "expected: ..."
_CARETS = re.compile(r"[ \t]*(?:\|[ \t])?[ \t]*\^[\^ \t]*")
_RED, _BOLD, _PLAIN = "\x1b[31m", "\x1b[1m", "\x1b[0m"


def diagnostic(problem: Problem, *, coloured: bool = False) -> str:
    """Return the text of a problem, which steers no terminal; `coloured`, with what is marked in red."""
    text = str(problem)
    head, newline, hint = text.partition("\n")
    lines = neutralise("\n".join([head, *_quoted(problem)]) + newline + hint).split("\n")
    return "\n".join(_painted(lines) if coloured else lines)


def diagnostics(problems: Iterable[Problem], *, coloured: bool = False) -> str:
    """Return the text of several."""
    return "\n".join(diagnostic(problem, coloured=coloured) for problem in problems)


def _quoted(problem: Problem) -> list[str]:
    """Return the line of a problem's file and the carets below it; none where there is no such line."""
    line = _line(problem.path, problem.line)
    shown = without_secret(line)
    if not shown.strip():
        return []
    start = len(shown) - len(shown.lstrip())
    end = len(shown)
    if problem.column and problem.column <= len(shown) and (place := _PLACE.match(shown, problem.column - 1)):
        start, end = place.span()
    number = f"{problem.line:>5}"
    return [f"    {number} | {shown}", f"    {' ' * len(number)} | {carets(shown, [(start, end)])}"]


def _line(path: str, number: int) -> str:
    """Return a line of a file; empty where that is none, or far too long to be read."""
    if not path or not number:
        return ""
    try:
        lines = re.split("\r\n|\r|\n", bounded.read_bytes(Path(path)).decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return ""
    line = lines[number - 1] if number <= len(lines) else ""
    return line if len(line) <= _LONGEST else ""


def _painted(lines: list[str]) -> Iterable[str]:
    """Yield lines in which red is what stands above carets, and those; the first is bold."""
    below = [*lines[1:], ""]
    for number, (line, marks) in enumerate(zip(lines, below, strict=True)):
        if number == 0:
            yield f"{_BOLD}{line}{_PLAIN}"
        elif _CARETS.fullmatch(line):
            yield re.sub(r"\^+", rf"{_RED}\g<0>{_PLAIN}", line)
        elif _CARETS.fullmatch(marks):
            yield _marked(line, marks)
        else:
            yield line


def _marked(line: str, marks: str) -> str:
    """Return a line with the characters in red above which a caret stands."""
    shown, column, is_red = "", 0, False
    for character in line:
        if (marks[column : column + 1] == "^") is not is_red:
            is_red = not is_red
            shown += _RED if is_red else _PLAIN
        shown += character
        column += width(character)
    return shown + (_PLAIN if is_red else "")

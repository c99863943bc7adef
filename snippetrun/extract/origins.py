"""Where the lines of a page as its renderer has it stand in files: plugins put text in, and take text away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import product
from pathlib import Path

from snippetrun.config import shown_path
from snippetrun.errors import PageError, Problem
from snippetrun.extract.lines import normalised
from snippetrun.model import Page, Snippet
from snippetrun.support import bounded

# "parts/run.md" in --8<-- "parts/run.md:first", and run.md in {! run.md !}
_QUOTED = re.compile(r"""["']([^"':]+)""")
_FILE = re.compile(r"""[\w./-]+\.\w+""")
# Close the fence of line 12 first.
_NAMED = re.compile(r"(?<=\b[Ll]ine )\d{1,9}\b")


@dataclass(frozen=True, slots=True)
class Origins:
    """The lines of a page's text, and what they were made of."""

    path: str
    """The page, as the user knows it."""
    text: Sequence[str]
    source: Sequence[str]
    """The lines of the page's own file; empty where it has none."""
    lines: Sequence[int]
    """For each line of the text the line of the source that it is, or that was replaced by it; counted from 1."""
    replaced: frozenset[int]
    """The lines of the source that the text has not, such as `--8<-- "file"`."""
    folders: Sequence[Path]
    """Where the files that a page includes are looked for."""
    appended: Sequence[str] = ()
    """The names of files that every page includes although none says so."""

    def made_into(self, text: Sequence[str]) -> Origins:
        """Return the origins of what has been made of the text."""
        inner = origins(self.path, text, self.text)
        lines = [self.lines[line - 1] if self.lines else 0 for line in inner.lines]
        replaced = self.replaced.union(self.lines[line - 1] for line in inner.replaced)
        return replace(self, text=text, lines=lines, replaced=replaced)

    def page(self, read: Page) -> Page:
        """Return a page that was read from the text with the lines that its fences have in their files."""
        snippets = tuple(map(self._snippet, read.snippets))
        return replace(read, snippets=snippets, findings=tuple(map(self._problem, read.findings)))

    def error(self, error: PageError) -> PageError:
        """Return what is wrong with the text, at the lines of its files."""
        return PageError(*map(self._problem, error.problems))

    def at(self, line: int) -> tuple[str, int]:
        """Return the file and the line of a line of the text; the page's own where no included file has it."""
        if not line:
            return self.path, 0
        own = self.lines[line - 1]
        if not self.source or not own or self._is_own(line):
            return self.path, own
        nearest = sorted(self.replaced, key=lambda line: abs(line - own))
        directives = [*(self.source[at - 1] for at in nearest), *(f'"{name}"' for name in self.appended)]
        places = (self._included(line, directive) for directive in directives)
        return next(filter(None, places), (self.path, own))

    def _is_own(self, line: int) -> bool:
        own = self.lines[line - 1]
        return bool(own) and self.source[own - 1] == self.text[line - 1]

    def _snippet(self, snippet: Snippet) -> Snippet:
        path, line = self.at(snippet.line)
        moved = line - snippet.line
        commands = tuple(
            replace(command, line=command.line + moved, end_line=command.end_line + moved)
            for command in snippet.commands
        )
        file = "" if path == self.path else path
        return replace(snippet, line=line, end_line=snippet.end_line + moved, commands=commands, path=file)

    def _problem(self, problem: Problem) -> Problem:
        path, line = self.at(min(problem.line, len(self.lines)))
        message, hint = (_NAMED.sub(self._renamed, text) for text in (problem.message, problem.hint))
        return replace(problem, message=message, hint=hint, path=path, line=line)

    def _renamed(self, named: re.Match[str]) -> str:
        """Return the line of the page for one that a message names, if the text has it."""
        line = int(named[0])
        return f"{self.at(line)[1]}" if 0 < line <= len(self.lines) else named[0]

    def _included(self, line: int, directive: str) -> tuple[str, int] | None:
        """Find a line in a file that its page names where it stands: with two lines around it, as lines may repeat.

        These are the two below it. Where the file ends before, one or both of them are above.
        """
        windows = [
            (above, [text.strip() for text in self.text[line - 1 - above : line + 2 - above]])
            for above in (0, 1, 2)
            if above < line
        ]
        names = dict.fromkeys((*_QUOTED.findall(directive), *_FILE.findall(directive)))
        for name, folder in product(names, self.folders):
            lines = _stripped(folder / name)
            for above, around in windows:
                for at in range(len(lines)):
                    if lines[at : at + len(around)] == around:
                        return shown_path(folder / name), at + above + 1
        return None


def origins(
    path: str,
    text: Sequence[str],
    source: Sequence[str],
    folders: Iterable[Path] = (),
    appended: Sequence[str] = (),
) -> Origins:
    """Compare a page's text with its own file; without one, each line is its own."""
    _stripped.cache_clear()  # `mkdocs serve` goes on, and an included file may have changed since the last page
    lines, replaced = _compare(text, source)
    return Origins(path, text, source, lines, replaced, tuple(folders), appended)


def _compare(text: Sequence[str], source: Sequence[str]) -> tuple[Sequence[int], frozenset[int]]:
    above = len(source) - len(text)
    if not source or (above >= 0 and list(source[above:]) == list(text)):
        return range(1 + max(above, 0), len(text) + max(above, 0) + 1), frozenset()
    lines: list[int] = []
    replaced: set[int] = set()
    for tag, first, after, begin, end in SequenceMatcher(None, source, text).get_opcodes():
        # What a directive was replaced by is all in its place.
        lines += (min(first + at + 1, after) if after > first else max(first, 1) for at in range(end - begin))
        if tag != "equal":
            replaced.update(range(first + 1, after + 1))
    return lines, frozenset(replaced)


@lru_cache(maxsize=64)
def _stripped(file: Path) -> list[str]:
    return [line.strip() for line in _lines(file)]


def _lines(file: Path) -> list[str]:
    try:
        return normalised(bounded.read_bytes(file).decode()) if file.is_file() else []
    except (OSError, ValueError):
        return []

"""The output that a page has written, made to match what came out: each edit is read back before it is taken."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from shlex import quote

from snippetrun import extract, runner
from snippetrun.config import SiteConfig
from snippetrun.errors import PageError, Problem
from snippetrun.extract.lines import normalised
from snippetrun.model import (
    Command,
    CommandResult,
    Ending,
    Options,
    Page,
    PieceKind,
    Position,
    Recording,
    Result,
    Snippet,
    Verdict,
)
from snippetrun.sameness.expected import ends_wrong
from snippetrun.tasks.lost_states import lost_state, states
from snippetrun.tasks.rewrite import RewrittenPart, rewritten
from snippetrun.tasks.settle import status_below, with_exit
from snippetrun.tasks.written_forms import WrittenForm, forms

Allow = Callable[[Problem], bool]
"""Tells whether an example may come to show something else."""
# "> ", "```" and "console" of `> ```console`
_FENCE = re.compile(r"(?P<before>.*?)(?P<markup>`{3,}|~{3,})(?P<info>.*)")


@dataclasses.dataclass(frozen=True, slots=True)
class _Edits:
    """Edits that go together."""

    lines: tuple[extract.Edit, ...] = ()
    statuses: Mapping[int, int] = dataclasses.field(default_factory=dict)
    """By the line of a command, the exit status that is expected of it now."""
    fences: Mapping[int, str] = dataclasses.field(default_factory=dict)
    """By the line of an opening or closing fence, its text now."""


class PageEdits:
    """What changes in a page that has run, and why something else does not."""

    def __init__(self, site: SiteConfig, result: Result, text: str, allow: Allow, above: float = math.inf) -> None:
        """Find it out for the commands `above` a line; `text` is what the page's file says, "" if it has none."""
        assert result.recording  # noqa: S101 - its page has run
        self._site, self._page, self._recording, self._allow = site, result.page, result.recording, allow
        self.refused: dict[Position, str] = {}
        """Why a command that failed stays as it is, and what to do about it."""
        self._edits = _Edits()
        self._failed = result.failed_at
        self.old = text
        self._before = self._read(self.old)
        self.words = states(self.old, self._page, site.renderer)
        for position, (verdict, parts) in self._unmatched(result):
            if verdict.line < above:
                self._accept(position, verdict, parts)

    @property
    def text(self) -> str:
        """The text of the page's file with all edits."""
        return self._spliced(self._edits)

    @property
    def moved(self) -> Recording:
        """The recording, with its lines where the edits have moved them."""
        return self._moved(self._edits)

    def are_in(self, page: Page) -> bool:
        """Tell whether a page that was read again says what it should."""
        expected = self._read_back(self._edits)
        return expected is not None and _said(expected) == _said(page)

    def undo(self) -> None:
        """Take all edits back: a plugin makes something else of them."""
        self._edits = _Edits()
        why = f"What comes out cannot be written there: {', '.join(self._site.makers)} would make something else of it."
        self.refused = dict.fromkeys(self._failed, why) | self.refused

    def question(self, message: str, line: int) -> Problem:
        """Return what is asked before an example comes to show something else."""
        hint = f"If that is right: snippetrun update --force {quote(self._page.path)}"
        return Problem(message, hint, self._page.path, line)

    def _unmatched(self, result: Result) -> Iterator[tuple[Position, tuple[Verdict, Sequence[RewrittenPart]]]]:
        """Yield each command that failed and has run, with the parts of its output that do not match."""
        for position, parts in rewritten(self._page, self._recording, self._site.match):
            if position in self._failed and self._at(position)[2].ending is not Ending.NOT_RUN:
                at, number = position
                yield position, (result.verdicts[at][number], parts)

    def _accept(self, position: Position, verdict: Verdict, parts: Sequence[RewrittenPart]) -> None:
        snippet, command, recorded = self._at(position)
        states = [
            lost_state(command.text, "\n".join(part.written), "\n".join(part.shown), self.words) for part, _ in parts
        ]
        statuses: dict[int, int] = {}
        if ends_wrong(verdict):
            if recorded.status is None or recorded.waited_for or recorded.fault:
                return
            statuses = {command.line: recorded.status}
            states = [f"it ends with exit status {recorded.status}"]
        if why := self._why_not(snippet, command):
            self.refused[position] = why
            return
        questions = (self.question(state, verdict.where or command.line) for state in states if state)
        if refused := next((question for question in questions if not self._allow(question)), None):
            self.refused[position] = f"Not accepted: {refused.message}. {refused.hint}"
            return
        changes = [change for _, changes in parts for change in changes]
        markup = self._fence(snippet.line, self._edits)["markup"]
        tries = (self._with(position, form, statuses) for form in forms(snippet, recorded, changes, markup))
        edits = next((edits for edits in tries if self._is_right(position, edits)), None)
        if edits:
            self._edits = edits
        else:
            self.refused[position] = (
                "What comes out cannot be written there: the page would say something else, or leave a name without "
                "what it stands for. Change it by hand."
            )

    def _at(self, position: Position) -> tuple[Snippet, Command, CommandResult]:
        at, number = position
        snippet = self._page.snippets[at]
        return snippet, snippet.commands[number], self._recording.snippets[at][number]

    def _why_not(self, snippet: Snippet, command: Command) -> str:
        """Return why what is said of a command cannot be changed in the page's file, and where it can."""
        if snippet.path:
            return f"It is included, and `update` changes pages alone: change {snippet.path} by hand."
        makers = ", ".join(self._site.makers)
        if not self.old:
            return f"No file has this page, a plugin makes it: change what it is made of by hand ({makers})."
        own = (other for part in (self._before or self._page).snippets for other in part.commands)
        if not self._before or (command.text, command.written) not in (
            (other.text, other.written) for other in own if other.line == command.line
        ):
            made = f"a plugin makes something else of it ({makers})" if makers else "it has just been changed"
            return f"The page's file says something else in this place: {made}. Change it by hand."
        return ""

    def _with(self, position: Position, form: WrittenForm, statuses: Mapping[int, int]) -> _Edits:
        """Return the edits so far, and those of one more command."""
        snippet, command, _ = self._at(position)
        lines = [
            extract.Edit(change.line, change.end_line, tuple(_prefixed(snippet.prefix, line) for line in change.lines))
            for change in form.changes
        ]
        fences = dict.fromkeys((snippet.line, snippet.end_line), "")
        for line in fences:
            fence = self._fence(line, self._edits)
            fences[line] = fence["before"] + form.markup + fence["info"]
        for status in statuses.values():
            below = status
            if snippet.options.exit is not None:
                fences[snippet.line], below = with_exit(fences[snippet.line], status), 0
            # above the output that is put into the same place, as edits go upwards
            lines.insert(0, status_below(normalised(self.old), snippet, command, below))
        return _Edits(
            (*self._edits.lines, *lines), {**self._edits.statuses, **statuses}, {**self._edits.fences, **fences}
        )

    def _is_right(self, position: Position, edits: _Edits) -> bool:
        """Tell whether a command passes in the page as it is read back, and no other fails that did not."""
        page = self._read_back(edits)
        failed = runner.result(page, self._moved(edits), self._site.match).failed_at if page else {position}
        return position not in failed and failed <= self._failed

    def _read_back(self, edits: _Edits) -> Page | None:
        """Return the page with some edits; None if it has not the same commands then."""
        before, after = self._before, self._read(self._spliced(edits))
        if not before or not after:
            return None
        expected = [
            [(_with_statuses(s, edits), c.text, edits.statuses.get(c.line, c.status)) for c in s.commands]
            for s in before.snippets
        ]
        if expected != [[(s.options, c.text, c.status) for c in s.commands] for s in after.snippets]:
            return None
        if [_shifted(s.end_line, edits.lines) for s in before.snippets] != [s.end_line for s in after.snippets]:
            return None
        new = {old.line: command for old, command in zip(_commands(before), _commands(after), strict=True)}
        snippets = (
            s if s.path else dataclasses.replace(s, commands=tuple(new.get(c.line, c) for c in s.commands))
            for s in self._page.snippets
        )
        return dataclasses.replace(self._page, snippets=tuple(snippets))

    def _read(self, text: str) -> Page | None:
        try:
            return extract.read(self._page.path, text, self._site.dialect)
        except PageError:
            return None

    def _fence(self, line: int, edits: _Edits) -> re.Match[str]:
        match = _FENCE.fullmatch(edits.fences.get(line) or normalised(self.old)[line - 1])
        assert match  # noqa: S101 - a fence was read there
        return match

    def _spliced(self, edits: _Edits) -> str:
        old = normalised(self.old)
        fences = (extract.Edit(line, line, (text,)) for line, text in edits.fences.items() if text != old[line - 1])
        return extract.splice(self.old, [*edits.lines, *fences])

    def _moved(self, edits: _Edits) -> Recording:
        pairs = zip(self._page.snippets, self._recording.snippets, strict=False)
        snippets = tuple(
            results if snippet.path else tuple(moved_by(edits.lines, result) for result in results)
            for snippet, results in pairs
        )
        return dataclasses.replace(self._recording, snippets=snippets)


def _commands(page: Page) -> list[Command]:
    return list(chain.from_iterable(snippet.commands for snippet in page.snippets))


def _with_statuses(snippet: Snippet, edits: _Edits) -> Options:
    """Return the options of a fence, whose exit status is the one that is expected of its command now."""
    status = snippet.options.exit
    if status is not None:
        status = next((edits.statuses[c.line] for c in snippet.commands if c.line in edits.statuses), status)
    return dataclasses.replace(snippet.options, exit=status)


def _said(page: Page) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(command.text, command.status, command.written) for command in _commands(page)]


def _prefixed(prefix: str, line: str) -> str:
    return prefix + line if line else prefix.rstrip()


def _shifted(line: int, edits: Sequence[extract.Edit]) -> int:
    """Return where edits have moved a line."""
    return line + sum(len(edit.lines) - (edit.end_line - edit.line + 1) for edit in edits if edit.end_line < line)


def moved_by(edits: Sequence[extract.Edit], result: CommandResult) -> CommandResult:
    """Return what was recorded of a command with its lines where edits have moved them."""
    pieces = (
        piece if piece.kind is PieceKind.OUTPUT else dataclasses.replace(piece, line=_shifted(piece.line, edits))
        for piece in result.pieces
    )
    return dataclasses.replace(result, line=_shifted(result.line, edits), pieces=tuple(pieces))

"""What came out of a command against what its author expects: the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice, repeat, tee

from snippetrun import sameness
from snippetrun.model import (
    Command,
    CommandResult,
    Ending,
    Match,
    Outcome,
    Page,
    PieceKind,
    Recording,
    Rules,
    Snippet,
    Verdict,
)
from snippetrun.sameness import Run
from snippetrun.sameness.ending import empty_variable, wrong_ending
from snippetrun.support import regex
from snippetrun.support.masks import masked
from snippetrun.support.patterns import PLACEHOLDER, Mismatch, Names, bind_loosely, canonical, match_lines
from snippetrun.support.sgr import uncoloured
from snippetrun.support.words import both


@dataclass(frozen=True, slots=True)
class PastedOutput:
    """What was recorded of a page before.

    Authors paste output from their site into the page. It is of another run, and so what varies in it does not match.
    """

    recording: Recording
    commands: Mapping[int, CommandResult]
    """The recorded commands that the page still has, by the lines where these are now."""
    now: Run
    """When and on what the page runs now."""
    rules: Rules

    def lines(self, command: Command, recorded: CommandResult) -> Mapping[str, Sequence[str]]:
        """Return a dictionary: a line of the output now -> the lines of earlier runs that are the same."""
        old = self.commands.get(command.line)
        if old is None:
            return {}
        run = replace(self.now, outputs=(recorded.output,))
        [lines] = sameness.as_seen(run_of(self.recording, [old]), [old.others], run, self.rules)
        return lines

    def is_reordered(self, part: Part, names: Names, command: Command, recorded: CommandResult) -> bool:
        """Tell whether all that is written is what an earlier run has printed, and the output now has the same lines.

        They may be in another order, if that was seen. Names are those of this run.
        """
        old = self.commands.get(command.line)
        earlier = (uncoloured(text).strip("\n").split("\n") for text in (old.output, *old.others)) if old else ()
        if old is None or not any(
            len(lines) == len(part.shown) and match_lines(Names(dict(names.words)), part.written, lines) is None
            for lines in earlier
        ):
            return False
        run = replace(self.now, outputs=(recorded.output,))
        return not any(sameness.differences(run_of(self.recording, [old]), [old.others], run, self.rules))


def pasted(page: Page, last: Recording | None, now: Run, rules: Rules) -> PastedOutput | None:
    """Return what the author of a page may have pasted; None if nothing was recorded.

    The page may have changed since: commands that are the same are paired, from the first to the last.
    """
    if last is None:
        return None
    left: Iterator[CommandResult] = iter(chain.from_iterable(last.snippets))
    commands = {}
    for command in chain.from_iterable(snippet.commands for snippet in page.snippets):
        left, ahead = tee(left)
        if match := next((recorded for recorded in ahead if _is_of(command, recorded)), None):
            commands[command.line], left = match, ahead
    return PastedOutput(last, commands, now, rules)


def _is_of(command: Command, recorded: CommandResult) -> bool:
    """Tell whether what was recorded is a command of the page, with words for its names: `docker rm <id>`."""
    return command.text == recorded.command or Names().bind(command.text, recorded.command)


def run_of(recording: Recording, commands: Sequence[CommandResult] = ()) -> Run:
    """Return the run that a recording is of, with the outputs of some of its commands."""
    ended = datetime.fromisoformat(recording.when).timestamp() + 1  # whole seconds
    known = {fact.name: fact.value for fact in recording.environment.known}
    return Run(tuple(command.output for command in commands), ended - recording.seconds - 2, ended, known)


def judge(
    page: Page,
    recorded: Sequence[Sequence[CommandResult]],
    match: Match = Match.PATTERN,
    pasted: PastedOutput | None = None,
) -> tuple[tuple[Verdict, ...], ...]:
    """Return a verdict for every command of the page: one entry for each snippet.

    `recorded` has what was reached, one entry for each snippet that was; `match` is for fences that do not say how
    their output is matched; `pasted` is what output may have been copied from.
    """
    judging = Judge(match, pasted)
    return tuple(
        _judge_snippet(page, snippet, recorded[index] if index < len(recorded) else (), judging)
        for index, snippet in enumerate(page.snippets)
    )


def _judge_snippet(
    page: Page, snippet: Snippet, recorded: Sequence[CommandResult], judging: Judge
) -> tuple[Verdict, ...]:
    skip = page.options.skip or snippet.options.skip
    if skip is not None:
        return tuple(Verdict(Outcome.SKIPPED, c.line, c.text, skip) for c in snippet.commands)
    results = islice(chain(recorded, repeat(None)), len(snippet.commands))
    return tuple(judging.command(snippet, *pair) for pair in zip(snippet.commands, results, strict=True))


def ends_wrong(verdict: Verdict) -> bool:
    """Whether a command failed by how it ended, and not by its output: then those below it may fail for that."""
    return verdict.outcome is Outcome.FAILED and not verdict.where


def blamed_on(line: int) -> str:
    """Return what is said of a command below one that failed."""
    return f"line {line} failed above it"


@dataclass(slots=True)
class Judge:
    """Judges the commands of a page, from the first to the last, and keeps the names that their output binds."""

    match: Match
    """How written output is matched, where a fence does not say."""
    pasted: PastedOutput | None = None
    names: Names = field(default_factory=Names)
    _cause: int = 0
    """The line of the first command in the page's engine that has ended wrong; 0 if none has."""
    _typed: list[str] = field(default_factory=list)
    """The commands so far."""
    _written: dict[str, int] = field(default_factory=dict)
    """The names in output that was written so far, with the lines where they stand first."""

    def _unrun(self, command: Command, why: str) -> Verdict:
        """Return the verdict of a command that did not run: that it was not reached, or that it could not be typed."""
        name = "" if why else self.lacks(command)
        if not name:
            return Verdict(Outcome.NOT_REACHED, command.line, command.text, why)
        line = self._written[canonical(name)]
        message = f"nothing says what <{name}> is: the output that should, in line {line}, is not what came out"
        return Verdict(Outcome.FAILED, command.line, command.text, message, f"See what came out above line {line}.")

    def lacks(self, command: Command) -> str:
        """Return a name in a command that its page should have bound by now and has not; "" if there is none."""
        names = (placeholder[1] for placeholder in PLACEHOLDER.finditer(command.text))
        return next((n for n in names if canonical(n) in self._written and canonical(n) not in self.names.words), "")

    def command(self, snippet: Snippet, command: Command, recorded: CommandResult | None) -> Verdict:
        """Return the verdict of a command, and bind the names in its output, even if that is not what was written.

        Nothing is recorded of a command after the page's end. One that fails below another says so.
        """
        if recorded and snippet.options.engine is not None and command is snippet.commands[0]:
            self._cause = 0
        above = blamed_on(self._cause) if self._cause else ""
        if recorded is None:
            return Verdict(Outcome.NOT_REACHED, command.line, command.text, above)
        if recorded.ending is Ending.NOT_RUN:
            verdict = self._unrun(command, recorded.fault)
        else:
            verdict = self._command(snippet, command, recorded)
        self._typed.append(command.text)
        if ends_wrong(verdict):
            self._cause = self._cause or verdict.line
        if verdict.outcome is Outcome.FAILED and above:
            verdict = replace(verdict, message=f"{verdict.message}; {above}")
        for number, line in enumerate(command.written, command.end_line + 1):
            for placeholder in PLACEHOLDER.finditer(line):
                self._written.setdefault(canonical(placeholder[1]), number)
        return verdict

    def _command(self, snippet: Snippet, command: Command, recorded: CommandResult) -> Verdict:
        wrong, hint = wrong_ending(command, recorded)
        if wrong:
            hint = hint or (empty_variable(command.text, self._typed) if recorded.status else "")
            unmet = recorded.waited_for == masked(f"the text `{snippet.options.until}`")
            return Verdict(Outcome.FAILED, command.line, command.text, wrong, hint, until=unmet)
        if not command.written:
            return Verdict(Outcome.PASSED, command.line, command.text)
        how = snippet.options.match or self.match
        wrong_output: Verdict | None = None
        for part in parts(command, recorded):
            if part.typed is not None:
                self.names.bind(*part.typed)
            mismatch = match_lines(self.names, part.written, part.shown, how) if part.written else None
            if mismatch is None:
                continue
            if how is not Match.PATTERN or not self._is_pasted(command, recorded, part):
                wrong_output = wrong_output or _wrong_output(command, part, mismatch, how, self.names)
            if how is Match.PATTERN:
                bind_loosely(self.names, part.written, part.shown)
        return wrong_output or Verdict(Outcome.PASSED, command.line, command.text)

    def _is_pasted(self, command: Command, recorded: CommandResult, part: Part) -> bool:
        """Tell whether what is written is the output of an earlier run, which is the same as that of this one."""
        alone = not any(piece.kind is PieceKind.INPUT for piece in recorded.pieces)
        if self.pasted and alone and self.pasted.is_reordered(part, self.names, command, recorded):
            return True
        before = self.pasted.lines(command, recorded) if self.pasted else {}
        runs = max(map(len, before.values()), default=0)
        return any(
            match_lines(Names(dict(self.names.words)), part.written, _earlier(part.shown, before, nth)) is None
            for nth in range(runs)
        )

    def copy(self) -> Judge:
        """Return another judge that knows as much, for a command that may be judged again."""
        names = Names(dict(self.names.words))
        return Judge(self.match, self.pasted, names, self._cause, [*self._typed], dict(self._written))


def _earlier(shown: Sequence[str], before: Mapping[str, Sequence[str]], nth: int) -> list[str]:
    """Return the output with the lines of an earlier run instead of those that are the same."""
    return [seen[min(nth, len(seen) - 1)] if (seen := before.get(line)) else line for line in shown]


@dataclass(frozen=True, slots=True)
class Part:
    """The output between two things that were typed."""

    written: Sequence[str]
    """What the author wrote there, blank lines around it left out; empty if nothing is expected."""
    line: int
    """Where that starts."""
    shown: Sequence[str]
    """What came out, without colours and blank lines around it."""
    typed: tuple[str, str] | None
    """The line that was typed before it: as it is written, and as the screen showed it."""


def _wrong_output(command: Command, part: Part, mismatch: Mismatch, how: Match, names: Names) -> Verdict:
    where = part.line + min(mismatch.written, len(part.written) - 1)
    expected = part.written[mismatch.written] if mismatch.written < len(part.written) else "the end of it"
    got = part.shown[mismatch.shown] if mismatch.shown < len(part.shown) else "the end of it"
    message = f"the output is not what line {where} says"
    hint = both(expected, got, None if how is Match.REGEX else names)
    if how is Match.REGEX and (why := _no_pattern(expected)):
        message = f"line {where} is no regular expression: {why}"
    if mismatch.gave_up:
        message = f"the output has too many places where line {where} could stand"
        hint = "Write more of it between two lines `...`, or less of it in all."
    return Verdict(Outcome.FAILED, command.line, command.text, message, hint, where)


def _no_pattern(line: str) -> str:
    """Return why a line is no regular expression; "" if it is one."""
    try:
        regex.compile(line)
    except regex.PatternError as error:
        return str(error)
    return ""


def parts(command: Command, recorded: CommandResult) -> Iterator[Part]:
    """Cut what is written under a command, and what came out of it, where something was typed."""
    at, output = 0, ""
    typed: tuple[str, str] | None = None
    for piece in recorded.pieces:
        if piece.kind is PieceKind.OUTPUT:
            output += piece.text
            continue
        index = piece.line - command.end_line - 1
        if not at <= index < len(command.written):
            continue
        above, _, prompt = uncoloured(output).rpartition("\n")
        yield _part(command, at, index, above, typed)
        typed = command.written[index], prompt + piece.text.rstrip("\n")
        at, output = index + 1, ""
    yield _part(command, at, len(command.written), uncoloured(output), typed)


def _part(command: Command, start: int, end: int, output: str, typed: tuple[str, str] | None) -> Part:
    while start < end and not command.written[start].strip():
        start += 1
    while start < end and not command.written[end - 1].strip():
        end -= 1
    return Part(command.written[start:end], command.end_line + 1 + start, output.strip("\n").split("\n"), typed)

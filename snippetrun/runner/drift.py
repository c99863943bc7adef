"""What came out against what was recorded: a page that still passes may say something else than it did."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from shlex import quote

from snippetrun import sameness
from snippetrun.model import (
    CommandResult,
    Difference,
    Ending,
    Outcome,
    Page,
    Position,
    Recording,
    Result,
    Rules,
    Verdict,
)
from snippetrun.sameness import Run
from snippetrun.sameness.expected import run_of
from snippetrun.support.fingerprint import Fingerprint, fingerprints

_DIFF_LINES = 30
# 2026-11-27 02:44:17.080, 02:44, 3f2a1b4c5d6e: in their place they would be no difference
_MOMENT = re.compile(r"(?:\d{4}[-/]\d\d[-/]\d\d[ T])?\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?Z?|\b[0-9a-f]{12,64}\b")
News = Mapping[Position, Sequence[Difference]]
"""Where the commands of a page differ from what was recorded; without those that do not."""
Commands = tuple[Recording, Sequence[CommandResult]]
"""A recording, and some commands of it."""


def in_order_alone(differences: Sequence[Difference]) -> bool:
    """Tell whether the same lines came, but for their times and ids, in another order."""
    recorded = [_MOMENT.sub("0", line) for difference in differences for line in difference.recorded]
    came = [_MOMENT.sub("0", line) for difference in differences for line in difference.came]
    return sorted(recorded) == sorted(came)


@dataclasses.dataclass(frozen=True, slots=True)
class Reference:
    """What was recorded of a page, to hold a run of it against."""

    page: Page
    recording: Recording | None
    """With the lines that its commands have on the page now; None if nothing was recorded."""
    then: tuple[Fingerprint, ...] = ()
    """Those of the page when it was recorded."""
    rules: Rules = dataclasses.field(default_factory=Rules)
    believed: bool = True
    """Whether the recording is believed in which words and lines vary. One by a stranger could say that all do."""
    engine: str = ""
    """The site's name of the engine that the page has run on, if that is not the site's first."""

    def news(self, result: Result, *, both_ways: bool = False) -> News:
        """Return where the commands that ran differ from what was recorded of them.

        With `both_ways` what either has seen to vary is no difference.
        """
        if not result.recording or not self.recording:
            return {}
        positions = self._comparable(result)
        old, new = _commands(self.recording, positions), _commands(result.recording, positions)
        compare = differences_both_ways if both_ways else differences
        places = compare((self.recording, old), (result.recording, new), self._rules)
        return {position: own for position, own in zip(positions, places, strict=True) if own}

    @property
    def _rules(self) -> Rules:
        return dataclasses.replace(self.rules, words=self.believed)

    def both(self, first: Result, news: News, second: Result) -> News:
        """Return what is still news if a second run is believed as well: what both have, and the same in both."""
        if not self.recording or not first.recording or not second.recording:
            return news
        again = self.news(second)
        runs = run_of(self.recording), run_of(first.recording), run_of(second.recording)
        believed = {
            position: sameness.reproduced(differences, again.get(position, ()), runs, self._rules)
            for position, differences in news.items()
        }
        return {position: differences for position, differences in believed.items() if differences}

    def judged(self, result: Result, news: News) -> Result:
        """Return a result in which news counts as failure, and also what nobody has recorded as it stands there.

        A page that fails cannot be recorded, so that this is no failure of its other commands.
        """
        if result.recording is None:
            return result
        known = self._unchanged()

        def judge(position: Position, verdict: Verdict) -> Verdict:
            if verdict.outcome is not Outcome.PASSED or (position not in known and result.failed):
                return verdict
            if position not in known:
                return _failed(verdict, "nobody has recorded it as it stands here", self._hint)
            return self._judged(verdict, news[position]) if position in news else verdict

        verdicts = tuple(
            tuple(judge((at, number), verdict) for number, verdict in enumerate(snippet))
            for at, snippet in enumerate(result.verdicts)
        )
        return dataclasses.replace(result, verdicts=verdicts)

    def confirmed(self, judged: Result) -> Result:
        """Return a judged result, confirmed if its recording says of it what is true."""
        if judged.recording is None or self.recording is None or judged.failed or not self.is_own(judged):
            return judged
        if wrong := _foot(judged.recording, self.recording):
            return blamed(judged, wrong, self._hint)
        return judged if self.believed else dataclasses.replace(judged, confirmed=self.recording.checksum)

    def is_own(self, result: Result) -> bool:
        """Tell whether it is of the engine on which the page has run; there is not always one for each."""
        keys = {recording.key if recording else "" for recording in (result.recording, self.recording)}
        return not self.engine or len(keys) == 1

    def _judged(self, verdict: Verdict, differences: Sequence[Difference]) -> Verdict:
        message = "the output is not what was recorded"
        if differences[0].at < 0:
            message = f"{differences[0].came[0]}, and {differences[0].recorded[0]} was recorded"
        failed = _failed(verdict, message, "\n".join([*in_lines(differences), self._hint]))
        return dataclasses.replace(failed, differs=True)

    @property
    def _hint(self) -> str:
        """How to accept what came out; on another engine than the first the page's text stays as it is."""
        page = quote(self.page.path)
        if self.engine:
            return f"To record that: snippetrun run --engine {self.engine} {page}"
        return f"To accept it: snippetrun update {page}"

    def _comparable(self, result: Result) -> list[Position]:
        """Return the commands that ran, and were recorded as they stand on the page now."""
        snippets = result.recording.snippets if result.recording else ()
        return [
            (at, number)
            for at, number in self._unchanged()
            if snippets[at : at + 1]
            and number < len(snippets[at])
            and snippets[at][number].ending is not Ending.NOT_RUN
        ]

    def _unchanged(self) -> dict[Position, CommandResult]:
        """Return what was recorded of the commands that are still what they were."""
        recorded = self.recording.snippets if self.recording else ()
        return {
            (at, number): result
            for at, (new, old, snippet) in enumerate(zip(fingerprints(self.page), self.then, recorded, strict=False))
            for number, (mark, old_mark, result) in enumerate(zip(new.commands, old.commands, snippet, strict=False))
            if (new.snippet, mark) == (old.snippet, old_mark)
        }


def differences(old: Commands, new: Commands, rules: Rules) -> list[tuple[Difference, ...]]:
    """Return for each command where it differs from what was recorded; one in how it ended is at line -1."""
    outputs = sameness.differences(run_of(*old), [result.others for result in old[1]], run_of(*new), rules)
    late = sameness.differences(_late(*old), [()] * len(old[1]), _late(*new), rules)
    endings = [
        () if ended(a) == ended(b) else (Difference(-1, (ended(a),), (ended(b),)),)
        for a, b in zip(old[1], new[1], strict=True)
    ]
    return [(*a, *b, *c) for a, b, c in zip(endings, late, outputs, strict=True)]


def differences_both_ways(old: Commands, new: Commands, rules: Rules) -> list[tuple[Difference, ...]]:
    """Return the same for two recordings; what either of them has seen to vary is no difference."""
    left = []
    for there, back in zip(differences(old, new, rules), differences(new, old, rules), strict=True):
        gone = {line for difference in back for line in difference.came}
        more = {line for difference in back for line in difference.recorded}
        shared = (
            dataclasses.replace(
                difference,
                recorded=tuple(line for line in difference.recorded if line in gone),
                came=tuple(line for line in difference.came if line in more),
            )
            for difference in there
        )
        left.append(tuple(difference for difference in shared if difference.recorded or difference.came))
    return left


def ended(result: CommandResult) -> str:
    """Return how a command ended, in words: `exit status 0`."""
    return f"exit status {result.status}" if result.status is not None else f"the end `{result.ending}`"


def blamed(result: Result, message: str, hint: str) -> Result:
    """Return the result with a failure at the first command that passed, for what is wrong with all of them."""
    left = iter([message])
    verdicts = (
        tuple(
            _failed(verdict, why, hint) if verdict.outcome is Outcome.PASSED and (why := next(left, "")) else verdict
            for verdict in snippet
        )
        for snippet in result.verdicts
    )
    return dataclasses.replace(result, verdicts=tuple(verdicts))


def _commands(recording: Recording | None, positions: Sequence[Position]) -> list[CommandResult]:
    return [recording.snippets[at][number] for at, number in positions] if recording else []


def _late(recording: Recording, commands: Sequence[CommandResult]) -> Run:
    return dataclasses.replace(run_of(recording), outputs=tuple(result.output_before for result in commands))


def _foot(run: Recording, recorded: Recording) -> str:
    """Return what the foot of the page would say wrongly; "" if nothing can be told from true."""
    engine = recorded.environment.engine
    if run.environment.engine != engine:
        return f"it ran with Docker Engine {run.environment.engine}, and {engine} was recorded"
    if run.when[:10] < recorded.when[:10]:
        return f"it was recorded on {recorded.when[:10]}, a day that is still to come"
    return ""


def in_lines(differences: Iterable[Difference]) -> list[str]:
    """Return differences of one output in the form of a unified diff, as far as there is room."""
    lines = [line for difference in differences if difference.at >= 0 for line in _lines(difference)]
    return [*islice(lines, _DIFF_LINES), *(["..."] if len(lines) > _DIFF_LINES else [])]


def _lines(difference: Difference) -> list[str]:
    """Return a difference in the form of a unified diff."""
    where = f"@@ line {difference.at + 1} of the recorded output @@"
    return [where, *(f"-{line}" for line in difference.recorded), *(f"+{line}" for line in difference.came)]


def _failed(verdict: Verdict, message: str, hint: str) -> Verdict:
    return dataclasses.replace(verdict, outcome=Outcome.FAILED, message=message, hint=hint)

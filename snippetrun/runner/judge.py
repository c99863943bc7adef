"""A page and its recording, judged."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice

from snippetrun import sameness
from snippetrun.model import Match, Page, Recording, Result, Rules
from snippetrun.recordings import StoredRecording, locate
from snippetrun.runner.drift import Reference
from snippetrun.sameness.expected import judge, pasted, run_of

_NONE = Rules()


def result(
    page: Page,
    recording: Recording | None,
    match: Match = Match.PATTERN,
    last: Recording | None = None,
    rules: Rules = _NONE,
) -> Result:
    """Judge a page by its recording; `match` is the site's way to match output.

    Output may be pasted from the `last` recording, if it is another one, and from the runs that it has seen.
    """
    how = page.options.match or match
    if recording is None:
        return Result(page, None, judge(page, (), how))
    source = pasted(page, last or recording, run_of(recording), rules)
    return Result(page, recording, judge(page, recording.snippets, how, source))


def varying(result: Result, rules: Rules) -> list[list[Sequence[tuple[int, int]]]]:
    """Return for each snippet, and each of its commands, the spans of its recorded output that vary.

    They are as `sameness.varying` has them, and empty for what is hidden.
    """
    if result.recording is None:
        return []
    snippets = result.recording.snippets
    commands = list(chain.from_iterable(snippets))
    others = [command.others for command in commands]
    of_commands = iter(sameness.varying(run_of(result.recording, commands), others, rules))
    spans: list[list[Sequence[tuple[int, int]]]] = [list(islice(of_commands, len(snippet))) for snippet in snippets]
    hidden = (snippet.options.hide for snippet in result.page.snippets)
    return [[] if hides else own for hides, own in zip(hidden, spans, strict=False)]


def before(
    page: Page, stored: StoredRecording | None, rules: Rules, *, believed: bool = True, engine: str = ""
) -> Reference:
    """Return what was recorded of a page, to hold a run against; None is "nothing was".

    See `Reference.believed` and `Reference.engine`.
    """
    if stored is None:
        return Reference(page, None, believed=believed, engine=engine)
    return Reference(page, locate(page, stored.recording), stored.fingerprints, rules, believed, engine)

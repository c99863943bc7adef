"""What comes out now, accepted: recordings replaced, and output that pages have written made to match."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from snippetrun import runner
from snippetrun.config import shown_path
from snippetrun.errors import PageError, Problem, UsageError
from snippetrun.extract import files
from snippetrun.model import Mode, Outcome, Position, Recording, Result
from snippetrun.plan import Plan, plan
from snippetrun.recordings import Store
from snippetrun.recordings.retype import retyped
from snippetrun.runner.drift import ended
from snippetrun.support.sgr import uncoloured
from snippetrun.tasks import site_pages
from snippetrun.tasks.edited_file import EditedFile, written
from snippetrun.tasks.lost_states import lost_state
from snippetrun.tasks.page_edits import Allow, PageEdits


@dataclass(frozen=True, slots=True)
class UpdatedPages:
    """What an update came to."""

    results: tuple[Result, ...]
    """What was not accepted counts as failure."""
    changed: tuple[str, ...]
    """The files that were written, as the user knows them."""
    diffs: tuple[str, ...] = ()
    """What has changed in pages, in the form of a unified diff."""


def update(
    work: Plan,
    watcher: runner.Watcher,
    sandboxes: runner.Sandboxes = runner.live_sandboxes,
    *,
    allow: Allow = lambda _: False,
) -> UpdatedPages:
    """Run the pages, rewrite their written output where it does not match, and record those that pass then.

    An example comes to show something else, such as another exit status, only if that is allowed. Raises as
    `runner.run`.
    """
    site = work.site
    results: list[Result] = []
    changed: list[str] = []
    diffs: list[str] = []
    for result in runner.run(work.in_mode(Mode.RUN), watcher, aim=runner.Aim.COMPARE, sandboxes=sandboxes):
        if result.recording is None:
            results.append(result)
            continue
        file = Path(result.page.path)
        edits = PageEdits(site, result, files.text(file) if file.is_file() else "", allow)
        accepted, recorded = _accept(work, result, edits, allow)
        results.append(accepted)
        if edits.text != edits.old:
            changed.append(result.page.path)
            diffs.append(EditedFile(file, edits.old, edits.text).diff)
        changed += [recorded] if recorded else []
    again = plan(site, [result.page for result in results], work.sources) if changed else work
    runner.look_again(again, watcher, sandboxes=sandboxes)
    return UpdatedPages(tuple(results), tuple(changed), tuple(diffs))


def _accept(work: Plan, result: Result, edits: PageEdits, allow: Allow) -> tuple[Result, str]:
    """Write a page, and record it if it passes; return it as it is now, and the recording's file if that changed."""
    site, page, file = work.site, result.page, Path(result.page.path)
    is_edited = edits.text != edits.old
    if is_edited:
        try:
            with written([EditedFile(file, edits.old, edits.text)]):
                [page] = site_pages.read(site, [file])
                if not edits.are_in(page):
                    raise PageError(Problem("the site makes something else of it", "", page.path))
        except UsageError:
            edits.undo()
            return _refused(result, edits.refused), ""
    [job] = plan(site, [page], work.sources).jobs
    recording = edits.moved
    moved = dataclasses.replace(recording, key=job.key, snippets=retyped(page, recording.snippets, job.match))
    accepted = _refused(runner.result(page, moved, site.match) if is_edited else result, edits.refused)
    if accepted.failed:
        return accepted, ""
    store = Store(site)
    path, reading = store.path(page), store.look(job)
    # The page may be again what it was when it was recorded, and the run was of another one.
    before = runner.before(page, reading.stored, job.rules)
    news = before.news(accepted) if is_edited else result.news
    states = _lost(before.recording, moved, news, edits.words) if before.recording else {}
    questions = {at: edits.question(why, accepted.verdicts[at[0]][at[1]].line) for at, why in states.items()}
    refused = {at: f"{question.message}. {question.hint}" for at, question in questions.items() if not allow(question)}
    if refused:
        return _refused(accepted, refused), ""
    kept = store.keep(job, moved, news=bool(news))
    return accepted, shown_path(path) if path and reading.fresh != kept else ""


def _lost(old: Recording, new: Recording, news: Collection[Position], words: Collection[str]) -> Mapping[Position, str]:
    """Return in words what is lost of a page where it is recorded anew."""
    pairs = {(at, number): (old.snippets[at][number], new.snippets[at][number]) for at, number in news}
    states = {
        position: lost_state(now.command, uncoloured(then.output), uncoloured(now.output), words)
        or (f"{ended(now)}, and {ended(then)} was recorded" if ended(then) != ended(now) else "")
        for position, (then, now) in pairs.items()
    }
    return {position: state for position, state in states.items() if state}


def _refused(result: Result, refused: Mapping[Position, str]) -> Result:
    """Return a result in which commands that stay as they are have failed, and say why."""
    verdicts = tuple(
        tuple(
            dataclasses.replace(
                verdict,
                outcome=Outcome.FAILED,
                message=verdict.message or "it is not what was recorded",
                hint="\n".join(filter(None, [verdict.hint, refused[at, number]])),
            )
            if (at, number) in refused
            else verdict
            for number, verdict in enumerate(snippet)
        )
        for at, snippet in enumerate(result.verdicts)
    )
    return dataclasses.replace(result, verdicts=verdicts)

"""What recordings newly say: those of the folder, or of a revision, against those of an older revision."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from shlex import quote

from snippetrun.config import SiteConfig, shown_path
from snippetrun.errors import Problem, RecordingError, UsageError
from snippetrun.extract import files
from snippetrun.model import ENDINGS, CommandResult, Difference, Recording, Rules
from snippetrun.plan import rules
from snippetrun.recordings import page_and_engine
from snippetrun.recordings.document import StoredRecording, load
from snippetrun.recordings.format import BadDocumentError
from snippetrun.report.news import Change, ChangedCommand, ChangedPage, News
from snippetrun.runner.drift import differences_both_ways, ended
from snippetrun.support import bounded, git
from snippetrun.support.sgr import uncoloured


@dataclass(frozen=True, slots=True)
class DiffRequest:
    """What a user wants to see."""

    paths: tuple[Path, ...]
    """Pages, recordings, and folders of these; all if there are none."""
    older: str
    newer: str | None
    """None for what is in the folder now."""


@dataclass(frozen=True, slots=True)
class _Ran:
    """A command of a recording."""

    key: str
    """Of what the page says of it."""
    recorded: CommandResult


_ALIKE: tuple[Callable[[_Ran], str], ...] = (lambda command: command.key, lambda command: command.recorded.command)
"""What two commands share that are one: what the page says of them, or, where that has changed, what was typed."""


def asked(site: SiteConfig, arguments: Sequence[str]) -> DiffRequest:
    """Tell paths from a revision, or two of them with `..` between; what is there as a file is a path.

    Raises UsageError for more than one revision.
    """
    root = git.checkout(site.root)
    paths: list[str] = []
    revisions: list[str] = []
    for argument in arguments:
        path = Path(argument)
        (paths if os.path.lexists(path) or not _is_revision(root, argument) else revisions).append(argument)
    if len(revisions) > 1:
        names = " and ".join(revisions)
        raise UsageError(Problem(f"{names} are revisions", f"Write two as {revisions[0]}..{revisions[1]}"))
    older, dots, newer = (revisions or ["HEAD"])[0].partition("..")
    return DiffRequest(tuple(map(Path, paths)), older or "HEAD", (newer or "HEAD") if dots else None)


def _is_revision(root: Path, argument: str) -> bool:
    older, dots, newer = argument.partition("..")
    try:
        return all(git.named(root, revision) for revision in ([older or "HEAD", newer or "HEAD"] if dots else [older]))
    except UsageError:
        if dots and not argument.startswith((".", "/")):  # `main..tpyo`
            raise
        return False


def diff(site: SiteConfig, what: DiffRequest) -> News:
    """Return what is new in the recordings of a site's git checkout; nothing runs, and nothing changes.

    What varies in either of two recordings is not new. Raises UsageError if there are no such revisions, pages or
    recordings, and RecordingError for a newer recording that is not as it was written.
    """
    if site.recordings is None:
        raise UsageError(Problem("this site keeps no recordings", "Take recordings: false out.", site.path))
    root = git.checkout(site.root)
    here = site.recordings.resolve()
    inside = os.path.relpath(here, root)
    with ExitStack() as held:
        folders = [
            held.enter_context(git.as_of(root, git.named(root, revision), [inside])) / inside if revision else here
            for revision in (what.older, what.newer)
        ]
        names = sorted({file.relative_to(folder) for folder in folders for file in folder.rglob("*.json")})
        pages = list(_changed(site, what, folders, names))
    return News(what.older, what.newer, tuple(sorted(pages, key=lambda page: (page.path, page.name))))


def _changed(
    site: SiteConfig, what: DiffRequest, folders: Sequence[Path], names: Sequence[Path]
) -> Iterator[ChangedPage]:
    met: set[Path] = set()
    for name in names:
        old, new = (_text(folder / name) for folder in folders)
        file = shown_path(Path(str(site.recordings), name))
        of_page, engine = page_and_engine(name)
        page = _page(site, of_page, old, new) or file
        about = {path for path in what.paths if any(_is_below(own_name, path) for own_name in (page, file))}
        met |= about
        if old != new and (about or not what.paths):
            news = _news(site, page, (old, new), file if what.newer is None else f"{what.newer}:{file}")
            yield from (replace(changed, name=engine) for changed in news)
    for path in what.paths:
        if path not in met and not path.exists():
            raise UsageError(Problem("there is no such page, folder or revision", "", str(path)))


def _text(file: Path) -> bytes | None:
    try:
        return bounded.read_bytes(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RecordingError(Problem(f"cannot be read: {error.strerror}", "", str(file))) from error


def _is_below(path: str, folder: Path) -> bool:
    return Path(os.path.abspath(path)).is_relative_to(os.path.abspath(folder))  # noqa: PTH100 - follows no link


def _page(site: SiteConfig, name: Path, *texts: bytes | None) -> str:
    """Return the path of a recording's page; "" if nothing tells."""
    if name.stem.endswith(ENDINGS):
        return shown_path(site.docs / name.with_suffix(""))
    for text in texts:  # a page that is not below the site's has a recording named by digits
        try:
            if text is not None:
                return _loaded(text).recording.page
        except BadDocumentError:
            pass
    return ""


def _loaded(text: bytes) -> StoredRecording:
    try:
        return load(text.decode())
    except UnicodeDecodeError as error:
        raise BadDocumentError("is not UTF-8") from error


def _news(site: SiteConfig, page: str, texts: tuple[bytes | None, bytes | None], file: str) -> Iterator[ChangedPage]:
    note, old, new = "", None, None
    try:
        old = _loaded(texts[0]) if texts[0] is not None else None
    except BadDocumentError as error:  # nobody can mend what has been committed
        note = str(error)
    try:
        new = _loaded(texts[1]) if texts[1] is not None else None
    except BadDocumentError as error:
        hint = f"Record the page again: snippetrun run {quote(page)}"
        raise RecordingError(Problem(f"this recording {error}", hint, file)) from error
    change = Change.NEW if texts[0] is None else Change.GONE if texts[1] is None else Change.CHANGED
    commands: tuple[ChangedCommand, ...] = ()
    if new:
        own = rules(site, files.read(site, Path(page))) if Path(page).is_file() else Rules(site.varies, site.same)
        commands = tuple(_commands(old, new, own))
    engines = [stored.recording.environment.engine if stored else None for stored in (old, new)]
    if change is not Change.CHANGED or note or commands or engines[0] != engines[1]:
        yield ChangedPage(page, change, note, engines[0], engines[1], commands)


def _commands(old: StoredRecording | None, new: StoredRecording, own: Rules) -> Iterator[ChangedCommand]:
    pairs = list(_aligned(_ran(old) if old else [], _ran(new), _ALIKE))
    both = [(one.recorded, two.recorded) for one, two in pairs if one and two]
    changes: Iterator[tuple[Difference, ...]] = iter(())
    if old:
        changes = iter(_differences(old.recording, new.recording, both, own))
    for one, two in pairs:
        if one and two:
            if differences := next(changes):
                output = tuple(difference for difference in differences if difference.at >= 0)
                yield ChangedCommand(
                    Change.CHANGED, two.recorded.command, ended(one.recorded), ended(two.recorded), output
                )
        elif one:
            whole = (Difference(0, _lines(one.recorded), ()),)
            yield ChangedCommand(Change.GONE, one.recorded.command, ended(one.recorded), None, whole)
        elif two:
            whole = (Difference(0, (), _lines(two.recorded)),)
            yield ChangedCommand(Change.NEW, two.recorded.command, None, ended(two.recorded), whole)


def _differences(
    old: Recording, new: Recording, both: Sequence[tuple[CommandResult, CommandResult]], own: Rules
) -> Sequence[tuple[Difference, ...]]:
    return differences_both_ways((old, [one for one, _ in both]), (new, [two for _, two in both]), own)


def _ran(stored: StoredRecording) -> list[_Ran]:
    return [
        _Ran(key, recorded)
        for mark, snippet in zip(stored.fingerprints, stored.recording.snippets, strict=True)
        for key, recorded in zip(mark.commands, snippet, strict=True)
    ]


def _aligned(
    old: Sequence[_Ran], new: Sequence[_Ran], alike: Sequence[Callable[[_Ran], str]]
) -> Iterator[tuple[_Ran | None, _Ran | None]]:
    """Yield the commands in their order, in pairs that are one; None is the other of one that is gone or new."""
    if not alike:
        yield from ((command, None) for command in old)
        yield from ((None, command) for command in new)
        return
    first, *rest = alike
    matcher = SequenceMatcher(None, list(map(first, old)), list(map(first, new)), autojunk=False)
    for tag, begin, end, its_begin, its_end in matcher.get_opcodes():
        one, two = old[begin:end], new[its_begin:its_end]
        yield from zip(one, two, strict=True) if tag == "equal" else _aligned(one, two, rest)


def _lines(recorded: CommandResult) -> tuple[str, ...]:
    text = uncoloured(recorded.output).removesuffix("\n")
    return tuple(text.split("\n")) if text else ()

"""Who tidies up on the engine when a run ends: the run itself, and if that is killed, a process that waits for it."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from snippetrun.engine import embedded, leftovers, session
from snippetrun.engine.client import HostEngine
from snippetrun.errors import EngineError
from snippetrun.support import patience, stopping

# Waits for next to nothing until the run says `done`, or is no more.
_WAIT = 'read -r word; [ "$word" = done ] || exec "$@"'
_PAUSES = (0.0, 1.0, 3.0)
"""Before each sweep: what a run had asked for as it was killed may come to be a moment later."""


@contextlib.contextmanager
def guarded(engine: HostEngine, name: str, say: Callable[[str], None], keep: Sequence[int] = ()) -> Iterator[None]:
    """Mark what is made on an engine meanwhile, and see that nothing of it is left in the end, however we end.

    What others have left who are gone is removed first. `name` is as for `session.begun`; a guard holds the descriptors
    `keep` open for as long as it needs the engine.
    """
    leftovers.sweep_dead(engine, name)
    with session.begun(name) as mine:
        engine.session = mine
        command = [sys.executable, "-P", "-m", "snippetrun.engine.guard", engine.base_url, str(mine.folder)]
        guard = subprocess.Popen(
            ["sh", "-c", _WAIT, "snippetrun-guard", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            pass_fds=keep,
        )
        try:
            yield
        finally:
            with stopping.held():
                _leave(engine, mine, guard, say)


def _leave(
    engine: HostEngine, mine: session.Session, guard: subprocess.Popen[bytes], say: Callable[[str], None]
) -> None:
    """Remove what is left, or leave that to the guard."""
    if stopping.asked():
        engine.hurry()
    try:
        gone = leftovers.sweep(engine, mine.mark)
    except EngineError:
        gone = False
    assert guard.stdin  # noqa: S101 - it has a pipe
    if gone and not stopping.abandoned():
        mine.forget()
        guard.stdin.write(b"done\n")
        guard.stdin.close()
        guard.wait()
    else:
        if not embedded.has_ended(engine.base_url):
            say("the engine did not remove everything at once: what is left will go once it can")
        guard.stdin.close()
        guard.returncode = 0  # nobody is to wait for it


def main(url: str, folder: str) -> None:
    """Remove what a session has left, as the guard of a run that was killed."""
    from snippetrun.engine import discover

    run = session.read(Path(folder))
    if run is None:
        return
    gone = True
    deadline = time.monotonic() + patience.seconds(60)
    for pause in _PAUSES:
        time.sleep(pause)
        gone = _sweep(discover.known(url), run.mark)
        while not gone and time.monotonic() < deadline and not embedded.has_ended(url):
            time.sleep(1)
            gone = _sweep(discover.known(url), run.mark)
    shutil.rmtree(run.scratch, ignore_errors=True)
    embedded.tidy(url)
    if gone:
        run.forget()


def _sweep(where: tuple[str, object], mark: str) -> bool:
    try:
        with contextlib.closing(HostEngine(where[0], tls=where[1])) as engine:
            return leftovers.sweep(engine, mark)
    except EngineError:
        return False


if __name__ == "__main__":
    main(*sys.argv[1:])

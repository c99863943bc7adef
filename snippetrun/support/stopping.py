"""Somebody wants us to end: heard once, and known to every thread that waits.

The first SIGINT, SIGTERM or SIGHUP raises KeyboardInterrupt in the main thread, and in every other one as soon as it
looks (`check`). Those that follow are not heard: what is being tidied up then is tidied up to its end.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from snippetrun.support import patience

if TYPE_CHECKING:
    from concurrent.futures import Future

SLICE = 0.2
"""Seconds after which whoever waits looks again."""
_END_SECONDS, _END_SECONDS_AT_ONCE = 30.0, 1.0
"""For threads to tidy up once one has failed; and once somebody has asked us to end."""
# Windows has no SIGHUP.
_SIGNALS = tuple(signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if name in signal.Signals.__members__)

_asked = threading.Event()
_group: ContextVar[Callable[[], bool]] = ContextVar("group", default=lambda: False)
_abandoned: list[threading.Thread] = []
_Item = TypeVar("_Item")
_by = 0
_holds = 0


def asked() -> bool:
    """Tell whether the process is to end."""
    return _asked.is_set()


def exit_status() -> int:
    """Return the exit status of a process that was asked to end, e.g. 130 after Ctrl-C."""
    return 128 + (_by or signal.SIGINT)


def check() -> None:
    """Raise KeyboardInterrupt if this thread is to end."""
    if _asked.is_set() or _group.get()():
        raise KeyboardInterrupt


def awaited(waiting: queue.SimpleQueue[_Item], look: Callable[[], None] = lambda: None) -> _Item:
    """Return the next item of a queue; raise KeyboardInterrupt if this thread is to end meanwhile.

    While there is none `look` is called again and again: what it raises ends the waiting.
    """
    while True:
        check()
        try:
            return waiting.get(timeout=SLICE)
        except queue.Empty:
            look()


@contextmanager
def listening() -> Iterator[None]:
    """Hear the signals meanwhile, if this is the main thread; a signal that is ignored stays so.

    Once one has been heard all others are ignored, so that no second one can do harm at the end of the process.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _hear) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            # The interpreter puts the default back as it ends, but not in the place of this one.
            signal.signal(number, signal.SIG_IGN if _asked.is_set() else handler)


@contextmanager
def exiting() -> Iterator[None]:
    """Listen, and end the process with `exit_status` if it was asked to end."""
    with listening():
        try:
            yield
            check()
        except KeyboardInterrupt:
            raise SystemExit(exit_status()) from None


@contextmanager
def held() -> Iterator[None]:
    """Put off the interruption of the main thread until the end of the block: it tidies up, and does not take long."""
    global _holds  # noqa: PLW0603 - of the process, as signals are
    was_asked = _asked.is_set()
    _holds += 1
    try:
        yield
    finally:
        _holds -= 1
    if not was_asked and not _holds:
        check()


@contextmanager
def once(is_to_end: Callable[[], bool]) -> Iterator[None]:
    """Have this thread end, as soon as it looks, once `is_to_end` is true; for whoever owns the thread itself."""
    token = _group.set(is_to_end)
    try:
        yield
    finally:
        _group.reset(token)


class Group:
    """Threads that end together, before the process does; see `check`. Not even one that is stuck keeps us."""

    def __init__(self, threads: int, work: Callable[[], None]) -> None:
        """Start so many threads, each to do the work."""
        self._end = threading.Event()

        def one() -> None:
            _group.set(self._end.is_set)
            work()

        self._threads = [threading.Thread(target=one, name=f"group-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def alive(self) -> bool:
        """Tell whether one of them has not ended."""
        return any(thread.is_alive() for thread in self._threads)

    def ask(self) -> None:
        """Let each of them end as soon as it looks."""
        self._end.set()

    def end(self, seconds: float) -> None:
        """Let each of them end; after so many seconds go on without those that have not."""
        self.ask()
        deadline = time.monotonic() + seconds
        try:
            for thread in self._threads:
                thread.join(max(0.0, deadline - time.monotonic()))
        finally:  # somebody may ask us to end meanwhile
            _abandoned.extend(thread for thread in self._threads if thread.is_alive())


def at_once(calls: Sequence[Callable[[], _Item]], at_a_time: int) -> Generator[_Item]:
    """Make calls on so many threads, begun in their order, and yield what each returns as it ends.

    Raises what one of them raises. However that comes to its end, those that have begun are over, and no other begins.
    """
    from concurrent.futures import Future  # a build that replays must not pay for it

    waiting = deque(calls)
    ended: queue.SimpleQueue[Future[_Item]] = queue.SimpleQueue()

    def work() -> None:
        while True:
            try:
                call = waiting.popleft()
            except IndexError:
                return
            outcome: Future[_Item] = Future()
            try:
                check()
                outcome.set_result(call())
            except BaseException as error:  # noqa: BLE001 - whoever waits for it raises it
                waiting.clear()
                outcome.set_exception(error)
            ended.put(outcome)

    threads = Group(min(at_a_time, len(calls)), work)
    try:
        for _ in calls:
            yield awaited(ended).result()
    finally:
        threads.end(patience.seconds(_END_SECONDS_AT_ONCE if asked() else _END_SECONDS))


def abandoned() -> bool:
    """Tell whether a thread did not end when it was to, so that nobody knows what it may still make."""
    return any(thread.is_alive() for thread in _abandoned)


def _hear(number: int, _frame: FrameType | None) -> None:
    global _by  # noqa: PLW0603 - as above
    if not _asked.is_set():
        _by = number
        _asked.set()
        if not _holds:
            raise KeyboardInterrupt

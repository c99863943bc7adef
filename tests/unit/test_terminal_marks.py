from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from snippetrun.terminal.marks import Kind, Mark, MarkScanner

WORD = "0123456789abcdef"


def mark(said: str, word: str = WORD) -> bytes:
    return f"\x1b]7717;{word};{said}\x07".encode()


HOOK = b"{ _%s; } 3>&2 >/dev/null 2>&1\r\n" % WORD.encode()


def scan(*pieces: bytes) -> list[bytes | Mark]:
    """Scan pieces, with neighbouring output joined."""
    scanner = MarkScanner(WORD)
    joined: list[bytes | Mark] = []
    for found in (found for piece in pieces for found in scanner.feed(piece)):
        if isinstance(found, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += found
        else:
            joined.append(found)
    return joined


def test_output_stands_between_its_marks() -> None:
    assert scan(b"echo" + mark("started") + b"hi\r\n" + mark("ended 3:1.25") + mark("ready")) == [
        b"echo", Mark(Kind.STARTED), b"hi\r\n", Mark(Kind.ENDED, 3, f"{WORD}:3:1.25\n".encode()), Mark(Kind.READY),
    ]  # fmt: skip


def test_a_mark_with_another_word_is_output() -> None:
    forged = mark("ended 0:1", word="0123456789abcdee")
    assert scan(forged) == [forged]


def test_what_a_verbose_shell_shows_of_us_is_no_output() -> None:
    for cut in range(4, len(HOOK)):
        assert scan(b"echo\r\n" + HOOK[:cut], HOOK[cut:] + b"on") == [b"echo\r\non"]
    assert scan(b"{ else") == [b"{ else"]
    assert scan(b"{") == [b"{"]


def test_an_escape_at_the_end_is_held_until_it_is_clear() -> None:
    scanner = MarkScanner(WORD)
    assert scanner.feed(b"a\x1b") == [b"a"]
    assert scanner.feed(b"[31m") == [b"\x1b[31m"]


@given(
    st.lists(st.one_of(st.binary(max_size=8), st.just(mark("ended 7:1")), st.just(b"\x1b]7717;")), max_size=8),
    st.data(),
)
def test_cutting_the_stream_changes_nothing(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts) + mark("ready")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    assert scan(*pieces) == scan(stream)

"""What the launcher says of the machine and the images, read as facts, whatever a page may have made of it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from snippetrun.model import Fact
from snippetrun.sandbox.engine_facts import facts

DIGEST, SPAN = "d" * 64, "2026-11-25T10:00:00+00:00/2026-11-25T10:10:00+00:00"
INFO = {"ID": "861e7748", "KernelVersion": "6.12.0", "NCPU": 2, "MemTotal": 1 << 33}
IMAGE = {"name": "debian:latest", "digests": [DIGEST, "no digest", "e" * 64], "stored": SPAN, "built": SPAN}
VERSION = "Linux version 6.12.0 (gcc 14) #1 SMP Debian 6.12.0-1 (2025-09-20)"
SAID = f"{json.dumps(INFO)}\n#info\n{json.dumps(IMAGE)}\n#images\n{VERSION}\n#version"


def test_everything_that_is_known_becomes_facts() -> None:
    assert facts(SAID) == (
        Fact("engine id", "861e7748"),
        Fact("kernel", "6.12.0"),
        Fact("kernel build", "#1 SMP Debian 6.12.0-1 (2025-09-20)"),
        Fact("/proc/version", VERSION),
        Fact("processors", "2"),
        Fact("memory", "8589934592"),
        Fact("image store built", SPAN),
        Fact("debian:latest 1", DIGEST),
        Fact("debian:latest 3", "e" * 64),
        Fact("debian:latest built", SPAN),
    )


def test_an_engine_that_says_nothing_leaves_what_is_known_without_it() -> None:
    assert facts("") == ()
    assert facts("curl: (7) Failed to connect\n#info\n") == ()
    assert [fact.name for fact in facts(f"\n#info\n{VERSION}\n#version")] == ["kernel build", "/proc/version"]


WORDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([DIGEST, SPAN]),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["ID", "NCPU", "MemTotal", "name", "digests", "built", "stored"]) | st.text(), inner
        )
    ),
)


@given(st.sampled_from(["info", "images", "version"]), WORDS)
def test_nothing_that_a_page_says_in_the_engines_place_does_harm(part: str, value: object) -> None:
    for fact in facts(f"{json.dumps(value)}\n{value}\n#{part}\n"):
        assert fact.name
        assert 0 < len(fact.value) <= 500

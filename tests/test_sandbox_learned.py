"""What the launcher says that the engine knows, read as facts, whatever a page may have made of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippetrun.facts import Kind, StoredImage, Thing
from snippetrun.sandbox.learned import facts

CONTAINER, NETWORK, VOLUME, EXEC, IMAGE = (letter * 64 for letter in "abcde")
CACHE = "axn37jz8ovxbhclkcegj5cbgm"
INFO = {"ID": "861e7748", "KernelVersion": "6.12.0", "NCPU": 2, "MemTotal": 1 << 33}


def event(kind: str, action: str, identifier: str, at: float, **attributes: str) -> str:
    told = {"Type": kind, "Action": action, "Actor": {"ID": identifier, "Attributes": attributes}}
    return json.dumps(told | {"timeNano": int(at * 1e9)})


SAID = "\n".join(
    [
        "1795614900.000000", "#now",
        json.dumps(INFO), "", "#http://docker/info",
        json.dumps([{"Id": CONTAINER, "Names": ["/web"]}]), "", "#http://docker/containers/json?all=1",
        json.dumps([{"Id": NETWORK, "Name": "shop"}]), "", "#http://docker/networks",
        json.dumps({"Volumes": [{"Name": VOLUME}, {"Name": "named"}]}), "", "#http://docker/volumes",
        json.dumps({"BuildCache": [
            {"ID": CACHE[::-1], "CreatedAt": "2026-11-25T14:00:02Z", "Description": "second"},
            {"ID": CACHE, "CreatedAt": "2026-11-25T14:00:01Z", "Description": "first step"},
        ]}), "", "#http://docker/system/df?type=build-cache",
        event("container", "start", CONTAINER, 1795614812.5, name="web"),
        event("container", "create", CONTAINER, 1795614811.5, name="web"),
        event("container", "exec_create: true", CONTAINER, 1795614820.0, name="web", execID=EXEC),
        event("image", "tag", f"sha256:{IMAGE}", 1795614821.0, name="mine:latest"),
        "", "#events",
        IMAGE, "not-a-digest", "#digests",
        json.dumps({
            "name": "debian:latest",
            "digests": [IMAGE],
            "created": ["2026-11-02T00:00:00Z"],
            "built": [["2026-11-25T10:00:00+00:00", "2026-11-25T10:10:00+00:00"]],
        }), "#images",
        "Linux version 6.12.0", "#version",
    ]
)  # fmt: skip


def test_everything_that_the_engine_knows_becomes_facts() -> None:
    known = facts(SAID, began=1795614800.0, asked=1795614899.99, heard=1795614900.05)
    assert known.things == (
        Thing(Kind.CONTAINER, CONTAINER, "web"),
        Thing(Kind.IMAGE, IMAGE, "mine:latest"),
        Thing(Kind.NETWORK, NETWORK, "shop"),
        Thing(Kind.VOLUME, VOLUME),
        Thing(Kind.CACHE, CACHE, "first step"),
        Thing(Kind.CACHE, CACHE[::-1], "second"),
        Thing(Kind.EXEC, EXEC),
    )
    assert [(each.action, each.at) for each in known.events] == [
        ("create", 1795614811.5), ("start", 1795614812.5), ("exec_create", 1795614820.0), ("tag", 1795614821.0),
    ]  # fmt: skip
    assert known.digests == {IMAGE}
    assert known.stored == (StoredImage("debian:latest", (IMAGE,), (1793577600.0,), ((1795600800.0, 1795601400.0),)),)
    assert (known.host.id, known.host.build, known.host.processors) == ("861e7748", "Linux version 6.12.0", 2)
    assert (known.began, known.ended, known.ahead) == (1795614800.0, 1795614900.0, 0.0)


@pytest.mark.parametrize(("ahead", "known"), [(-3600.0, -3599.99), (3600.0, 3599.9), (0.05, 0.0)])
def test_a_clock_that_differs_is_noticed(ahead: float, known: float) -> None:
    now = 1795614900.0
    told = facts(SAID, began=now - ahead - 100, asked=now - ahead - 0.01, heard=now - ahead + 0.1)
    assert told.ahead == pytest.approx(known, abs=0.001)


def test_an_engine_that_says_nothing_leaves_no_facts() -> None:
    for said in ("", "\n#http://docker/info\n\n#events\n", "curl: (7) Failed to connect"):
        assert facts(said, 0.0, 1.0, 1.0).ended == 0.0


WORDS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([CONTAINER, "2026-11-25T14:00:01Z"]),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["Id", "Names", "Actor", "ID", "timeNano"]) | st.text(), inner)
    ),
)


@given(
    st.sampled_from(["info", "containers/json", "events", "digests", "images", "system/df", "now", "volumes"]), WORDS
)
def test_nothing_that_a_page_says_in_the_engines_place_does_harm(part: str, value: object) -> None:
    known = facts(f"{json.dumps(value)}\n#http://docker/{part}\n{value}\n#{part}\n", 0.0, 1.0, 1.0)
    assert all(len(thing.id) in (25, 64) for thing in known.things)

"""Wildcards and names in written output."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippetrun.model import Match
from snippetrun.support.patterns import KEYS, Mismatch, Names, match_lines

FULL = "4f0c2a7a1b9e" + "0" * 52


def bound(written: str, shown: str, **known: str) -> dict[str, str] | None:
    """Return all names after a match; None where there is none."""
    names = Names(dict(known))
    return None if match_lines(names, written.split("|"), shown.split("|")) else names.words


@pytest.mark.parametrize(
    ("written", "shown", "names"),
    [
        ("a|b", "a|b", {}),
        ("a  ", "a", {}),
        ("<...> UTC <...>", "Wed 1 UTC 2026", {}),
        ("<web>", "4f0c", {"web": "4f0c"}),
        ("<a>:<b>", "1.2:80", {"a": "1.2", "b": "80"}),
        ("<x> and <x>", "1 and 1", {"x": "1"}),
        ("<container-id>|<containerId>", "1|1", {"containerid": "1"}),
        ("...", "", {}),
        ("...|b", "a|b", {}),
        ("a|...|c|...", "a|b|b|c|d", {}),
        ("a|...|<x>", "a|b|c", {"x": "c"}),
        ("...|<x> up|...", "h|1 down|2 up|t", {"x": "2"}),
        ("<html>", "<html>", {}),
        ("a|......|c", "a|b|b|c", {}),
        ("<snip>|<x>", "a|b", {"x": "b"}),
        ("a  ...  <x>", "a b c d", {"x": "d"}),
        ("sha256:3f2a...", "sha256:3f2a99", {}),
        ("a [...] c", "a b c", {}),
        ("a ... b", "a ... b", {}),
        ("[a-z]*|(x)", "[a-z]*|(x)", {}),
        ("| a", "| a", {}),
    ],
)
def test_what_matches_and_what_it_binds(written: str, shown: str, names: dict[str, str]) -> None:
    assert bound(written, shown) == names


@pytest.mark.parametrize(
    "line",
    [
        "...", "......", ". . .", "…", " [...]", "(…)", "...snip...", "<snip>", "[snip]", "-- snip --", "--More--",
        "(output omitted)", "<output truncated>", "[... 20 more lines ...]", "... (snip) ...",
        "# ...", "# (output omitted)", "⋮",
    ],
)  # fmt: skip
def test_a_line_that_leaves_lines_out_is_any_number_of_lines(line: str) -> None:
    assert [bound(f"a|{line}|d", shown) for shown in ("a|d", "a|b|c|d", "a|b|c")] == [{}, {}, None]
    assert match_lines(Names(), [line], ["a", "b"], Match.EXACT)


@pytest.mark.parametrize("line", ["<...>", "<web>", "..", "(none)", "[skipped]", "... and 5 more", "snip", "----"])
def test_no_other_line_is(line: str) -> None:
    assert match_lines(Names(), [line], ["a", "b"])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a", "b"),
        ("a", "a|b"),
        ("a|b", "a"),
        ("<x> <x>", "1 2"),
        ("<x>", "two words"),
        ("...|b", "b|a"),
        ("a...b", "a to b"),
        ("a  ...  e", "a b c"),
        ("a|...", "b|a"),
    ],
)
def test_what_does_not_match_binds_nothing(written: str, shown: str) -> None:
    names = Names()
    assert match_lines(names, written.split("|"), shown.split("|"))
    assert names.words == {}


def test_a_name_is_one_word_and_an_id_may_be_cut_to_twelve_digits() -> None:
    assert bound("<web>", "4f0c2a7a1b9e", web=FULL) is not None
    assert bound("<web>", FULL, web="4f0c2a7a1b9e") is not None
    assert bound("<web>", f"sha256:{FULL}", web=FULL) is not None
    assert bound("<web>", "4f0c2a7a1b9f", web=FULL) is None
    assert bound("<web>", "other", web="this") is None


def test_where_they_part_is_told() -> None:
    assert match_lines(Names(), ["a", "b"], ["a", "c"]) == Mismatch(1, 1)
    assert match_lines(Names(), ["a"], ["a", "c"]) == Mismatch(1, 1)
    assert match_lines(Names(), ["...", "x", "y", "..."], ["a", "x", "z"]) == Mismatch(2, 2)


def test_names_are_put_into_a_text_and_other_brackets_are_left() -> None:
    names = Names({"web": "4f0c", "containerid": "1a"})
    assert names.substitute("docker logs <web> < in <unknown> <Container-Id>") == "docker logs 4f0c < in <unknown> 1a"


@pytest.mark.parametrize(
    ("text", "is_key"), [("^C", True), ("^P^Q", True), (r"^\\"[:2], True), ("^", False), ("a^C", False)]
)
def test_keys(text: str, is_key: bool) -> None:  # noqa: FBT001
    assert bool(KEYS.fullmatch(text)) is is_key


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]))))
def test_every_output_matches_itself_and_any_lines(lines: list[str]) -> None:
    assert match_lines(Names(), lines, lines) is None
    assert match_lines(Names(), ["..."], lines) is None
    assert match_lines(Names(), [*lines, "..."], lines) is None

"""How pages are dealt out to machines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippetrun.tasks import shards

TIMES = st.lists(st.none() | st.floats(0, 1000), max_size=40)


@given(TIMES, st.integers(1, 9))
def test_every_page_is_in_one_shard_and_always_in_the_same(seconds: list[float | None], of: int) -> None:
    dealt = shards.deal(seconds, of)
    assert len(dealt) == len(seconds)
    assert set(dealt) <= set(range(1, of + 1))
    assert dealt == shards.deal(seconds, of)


@given(st.lists(st.floats(0.1, 1000), min_size=1, max_size=40), st.integers(1, 9))
def test_no_shard_has_more_to_do_than_another_by_more_than_one_page(seconds: list[float], of: int) -> None:
    dealt = shards.deal(seconds, of)
    loads = [0.0] * of
    for time, number in zip(seconds, dealt, strict=True):
        loads[number - 1] += time
    assert max(loads) - min(loads) <= max(seconds) + 1e-6


def test_the_longest_pages_go_first_to_the_shard_with_the_least() -> None:
    assert shards.deal([1, 5, 4, 3, 2], 2) == [1, 1, 2, 2, 1]


def test_a_page_that_was_never_recorded_counts_as_the_mean() -> None:
    assert shards.deal([10, 2, None], 2) == [1, 2, 2]
    assert shards.deal([None] * 4, 2) == [1, 2, 1, 2]


def test_a_page_on_which_nothing_runs_is_no_measure_for_the_others() -> None:
    assert shards.deal([0, 0, 0, 6, 5, None], 3)[3:] == [1, 3, 2]


@pytest.mark.parametrize("text", ["", "2", "0/5", "6/5", "1/0", "-1/5", "1/5/2", "a/b", "1/9999", "²/3"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write 2/5 for the second of five"):
        shards.parse(text)


def test_a_shard_is_read_as_it_is_written() -> None:
    assert str(shards.parse("2/5")) == "2/5"

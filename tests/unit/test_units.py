from __future__ import annotations

import pytest

from snippetrun.support import units


@pytest.mark.parametrize(
    ("text", "seconds"), [("60", 60), (60, 60), ("60s", 60), ("500ms", 0.5), ("1.5 m", 90), ("1h", 3600)]
)
def test_a_duration_is_what_people_write(text: object, seconds: float) -> None:
    assert units.duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "0", "0s", "-1s", "1 day", "s", "1ss", True, None, [1], "1e3", "nan", "inf", "\u0663s", "9" * 400]
)
def test_anything_else_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="is not a duration, e.g. 60s"):
        units.duration(text)


@pytest.mark.parametrize(
    ("text", "size"), [("4096", 4096), ("64kB", 64_000), ("1.5MB", 1_500_000), ("2 GB", 2 * 10**9)]
)
def test_a_size_is_what_people_write(text: object, size: int) -> None:
    assert units.size(text) == size


@pytest.mark.parametrize("text", ["1 parsec", "MB", "-4", "0kB"])
def test_anything_else_is_no_size(text: object) -> None:
    with pytest.raises(ValueError, match="is not a size, e.g. 64kB"):
        units.size(text)

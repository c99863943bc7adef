"""Where the lines of a page stand in files: a mistake in an included file has the place where it is to be mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from snippetrun.extract.lines import normalised
from snippetrun.extract.origins import Origins, origins

INCLUDED = "```console\n$ docker ps\n```\n\n```console\n% docker ps\n```\n"
PAGE = "# A\n\n--8<-- 'parts/run.md'\n\nMore.\n"


@pytest.fixture
def part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("parts").mkdir()
    path = Path("parts/run.md")
    path.write_text(INCLUDED)
    return path


def places(part: Path) -> Origins:
    """Return the origins of a page that includes the file as it is now."""
    text = PAGE.replace("--8<-- 'parts/run.md'\n", part.read_text())
    return origins("docs/a.md", normalised(text), normalised(PAGE), [Path()])


def test_each_line_of_an_included_file_has_its_own_place(part: Path) -> None:
    there = places(part)
    assert [there.at(line) for line in range(1, 12)] == [
        ("docs/a.md", 1),
        ("docs/a.md", 2),
        *(("parts/run.md", line) for line in range(1, 8)),
        ("docs/a.md", 4),
        ("docs/a.md", 5),
    ]


def test_a_file_that_has_changed_since_the_last_build_is_read_again(part: Path) -> None:
    assert places(part).at(8) == ("parts/run.md", 6)
    part.write_text("Text.\n\n" + INCLUDED)
    assert places(part).at(10) == ("parts/run.md", 8)


def test_a_file_that_every_page_includes_is_found_although_no_line_names_it(part: Path) -> None:
    text = [*normalised(PAGE), "", *normalised(part.read_text())]
    there = origins("docs/a.md", text, normalised(PAGE), [Path()], ["parts/run.md"])
    assert [there.at(line) for line in (5, 7, 11)] == [("docs/a.md", 5), ("parts/run.md", 1), ("parts/run.md", 5)]

"""What `snippetrun` offers to Python, and the example of the reference."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys

import pytest
from conftest import REPOSITORY, MakeSite
from helpers.runs import SITE

import snippetrun
from snippetrun.extract import read
from snippetrun.model import Match, printed

PAGE = (REPOSITORY / "docs" / "reference" / "python.md").read_text()


def test_all_that_is_listed_is_there_and_documented() -> None:
    documented = set(re.findall(r"^::: snippetrun\.(\w+)", PAGE, re.MULTILINE))
    documented |= set(re.findall(r"\w+", re.findall(r"members: \[(read_site.*)\]", PAGE)[0]))
    assert documented == set(snippetrun.__all__) - {"__version__"}
    for name in snippetrun.__all__:
        assert getattr(snippetrun, name).__doc__


def test_what_is_not_listed_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'snippetrun' has no attribute 'Nobody'"):
        _ = snippetrun.Nobody


def test_to_import_it_imports_nothing_of_the_rest() -> None:
    code = "import sys, snippetrun; print(*sorted(name for name in sys.modules if name.startswith('snippetrun')))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["snippetrun", "snippetrun.support", "snippetrun.support.version"]


def test_a_page_is_judged_as_its_site_matches_output() -> None:
    page = read("docs/a.md", "# A\n\n```console\n$ docker ps\n...\n```\n")
    ran = snippetrun.Recording(
        page="docs/a.md",
        key="",
        environment=snippetrun.Environment("26.1.5", "6.12", "0.1.0"),
        when="2026-11-27T02:00:00+00:00",
        boot_seconds=0.5,
        seconds=1.0,
        snippets=((snippetrun.CommandResult(4, "docker ps", printed("x\n"), 0, 0.1),),),
    )
    outcomes = [
        snippetrun.judge(dataclasses.replace(SITE, match=match), page, ran).verdicts[0][0].outcome
        for match in (Match.PATTERN, Match.EXACT)
    ]
    assert outcomes == [snippetrun.Outcome.PASSED, snippetrun.Outcome.FAILED]


def test_a_path_may_be_a_text(make_site: MakeSite) -> None:
    make_site({"a.md": "# A\n\n```console\n$ docker ps\n```\n"})
    site = snippetrun.read_site("mkdocs.yml")
    assert [page.path for page in snippetrun.read_pages(site, ["docs/a.md"])] == ["docs/a.md"]


@pytest.mark.engine
@pytest.mark.slow
def test_the_example_of_the_reference_prints_what_it_says(make_site: MakeSite) -> None:
    [(example, printed)] = re.findall(r"```python\n(.*?)```.*?```text\n(.*?)```", PAGE, re.DOTALL)
    folder = make_site({"a.md": "# A\n\n```console\n$ docker run --rm busybox echo hello\n$ docker rm nobody\n```\n"})
    ran = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=True, cwd=folder)
    assert ran.stdout == printed

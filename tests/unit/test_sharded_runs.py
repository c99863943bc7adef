"""Several machines that do a part each come to what one machine comes to."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import MakeSite
from helpers.machine import Engine, Heard
from helpers.runs import check_on, run_on
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippetrun import config
from snippetrun.extract import files
from snippetrun.plan import plan
from snippetrun.recordings import Store
from snippetrun.report import Report, json_, junit, markdown
from snippetrun.report.merge import merge
from snippetrun.runner.page import run_page
from snippetrun.tasks import shards
from snippetrun.tasks.report_on import Task, report_on
from snippetrun.tasks.select import Selection

MKDOCS = Path("mkdocs.yml")
KINDS = {
    "passes": "```console\n$ docker ps\n$ docker info\n```\n",
    "fails": "```console\n$ docker ps\n$ docker nothing\n$ docker info\n```\n",
    "differs": "```console\n$ docker ps\nNAME\n```\n",
    "is skipped": '```console {skip="no GPU"}\n$ docker ps\n```\n',
    "has a finding": "```console\ndocker ps\n```\n\n```console\n$ docker rm x\n```\n",
    "is prose": "Nothing here.\n",
}
"""What a page may do."""


def without_times(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same without what two runs of the same need not agree on."""
    if isinstance(value, dict):
        times = ("seconds", "boot_seconds", "when")
        return {key: without_times(each) for key, each in value.items() if key not in times}
    return [without_times(each) for each in value] if isinstance(value, list | tuple) else value


def sharded(task: Task, of: int) -> Report:
    """What machines come to, each in turn; their reports travel as text, and come in no order."""
    texts = {}
    for number in range(1, of + 1):
        made = report_on(task, MKDOCS, Selection(shard=shards.Shard(number, of)), Heard())
        texts[f"{number}.json"] = json_.text(made)
    return merge({file: json_.load(text) for file, text in reversed(texts.items())})


def record(name: str, seconds: float) -> None:
    """Give a page a recording of a run that took so long; one on which nothing runs gets none."""
    site = config.load(MKDOCS)
    for job in plan(site, [files.read(site, Path("docs", name))]).jobs:
        with Engine()(site, None) as start:
            recording = run_page(job, start, Heard())
        Store(site).keep(job, dataclasses.replace(recording, seconds=seconds), news=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.none() | st.floats(0.1, 99)), max_size=8),
    st.integers(1, 6),
    st.sampled_from([run_on, check_on]),
)
def test_sharded_runs_merged_equal_one_unsharded_run(
    make_site: MakeSite, kinds: list[tuple[str, float | None]], of: int, on: Callable[[Engine], Task]
) -> None:
    if not MKDOCS.exists():
        make_site({})
    for old in (*Path("docs").glob("*.md"), *Path("recordings").rglob("*.json")):
        old.unlink()
    # One page that runs is always there: a site on which nothing runs is an error, sharded or not.
    for at, (kind, seconds) in enumerate([("passes", None), *kinds]):
        Path("docs", f"{at}.md").write_text(f"# Page {at}\n\n{KINDS[kind]}")
        if seconds is not None:
            record(f"{at}.md", seconds)
    whole = report_on(on(Engine()), MKDOCS, Selection(), Heard())
    merged = sharded(on(Engine()), of)
    assert without_times(json_.document(merged)) == without_times(json_.document(whole))


def test_the_other_forms_of_a_merged_report_say_the_same(make_site: MakeSite) -> None:
    make_site({f"{at}.md": f"# {kind}\n\n{text}" for at, (kind, text) in enumerate(KINDS.items())})
    whole = report_on(check_on(Engine()), MKDOCS, Selection(), Heard())
    merged = sharded(check_on(Engine()), 3)
    for form in (junit.text, markdown.text):
        said = [re.sub(r'(time|timestamp)="[^"]*"|\d+\.\d+', "", form(report)) for report in (merged, whole)]
        assert said[0] == said[1]
    assert merged.exit_status == whole.exit_status == 1


def test_a_machine_with_nothing_to_do_is_no_error(make_site: MakeSite) -> None:
    make_site({"a.md": KINDS["passes"]})
    engine = Engine()
    made = report_on(run_on(engine), MKDOCS, Selection(shard=shards.Shard(2, 2)), Heard())
    assert (made.exit_status, made.pages, engine.pages) == (0, (), [])
    assert made.note == "shard 2/2 has nothing to run: there are more shards than pages"


def test_a_site_on_which_nothing_runs_is_an_error_for_every_machine(make_site: MakeSite) -> None:
    make_site({"a.md": KINDS["is skipped"]})
    for number in (1, 2):
        made = report_on(run_on(Engine()), MKDOCS, Selection(shard=shards.Shard(number, 2)), Heard())
        assert (made.exit_status, made.problems[0].message) == (2, "there is nothing to run")


def test_machines_with_different_recordings_are_found_out(make_site: MakeSite) -> None:
    make_site({f"{name}.md": KINDS["passes"] for name in "abc"})
    first = report_on(check_on(Engine()), MKDOCS, Selection(shard=shards.Shard(1, 2)), Heard())
    record("b.md", 99)
    record("c.md", 1)
    second = report_on(check_on(Engine()), MKDOCS, Selection(shard=shards.Shard(2, 2)), Heard())
    with pytest.raises(Exception, match="the shards are not parts of the same whole"):
        merge({"1": first, "2": second})

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from snippetrun.config import EngineSource, ImageSource, SiteConfig
from snippetrun.errors import PageError
from snippetrun.model import Command, Options, Page, PageOptions, Rules, Snippet
from snippetrun.plan import plan

SITE = SiteConfig(
    Path("/s"),
    Path("/s/docs"),
    "mkdocs.yml",
    (ImageSource("nginx:latest", pull="nginx@sha256:0"), ImageSource("redis:7", pull="redis@sha256:0")),
)
RUNS = Snippet("console", Options(), 3, 5, "", "$ docker ps\n", (Command("docker ps", 4, 4),))


def page(*snippets: Snippet, options: PageOptions = PageOptions()) -> Page:  # noqa: B008 - frozen
    return Page("docs/a.md", snippets or (RUNS,), options)


def key(of: Page, site: SiteConfig = SITE) -> str:
    return plan(site, [of]).jobs[0].key


def test_a_page_on_which_nothing_runs_has_no_job() -> None:
    skipped = dataclasses.replace(RUNS, options=Options(skip="no"))
    writes = Snippet("dockerfile", Options(file="Dockerfile"), 1, 3, "", "FROM debian\n")
    assert plan(SITE, [page(skipped, writes), page(options=PageOptions(skip="no")), Page("docs/b.md", ())]).jobs == ()


def test_a_page_gets_all_images_unless_it_says_which() -> None:
    assert plan(SITE, [page()]).jobs[0].images == ("nginx:latest", "redis:7")
    assert plan(SITE, [page(options=PageOptions(images=("nginx",)))]).jobs[0].images == ("nginx:latest",)


def test_an_image_that_the_site_does_not_list_is_an_error_with_its_line() -> None:
    with pytest.raises(PageError) as caught:
        plan(SITE, [page(options=PageOptions(images=("nginx", "redis"), line=2))])
    assert str(caught.value).startswith("docs/a.md:2: images: the site lists no image redis\n    Add it under images:")


def test_the_pages_time_out_comes_before_the_sites() -> None:
    assert plan(SITE, [page(options=PageOptions(timeout=5.0))]).jobs[0].timeout == 5.0


def test_where_a_snippet_stands_does_not_change_the_key() -> None:
    moved = dataclasses.replace(RUNS, line=30, end_line=32, commands=(Command("docker ps", 31, 31),))
    assert key(page(moved)) == key(page())


@pytest.mark.parametrize(
    "other",
    [
        page(dataclasses.replace(RUNS, commands=(Command("docker ps -a", 4, 4),))),
        page(dataclasses.replace(RUNS, commands=(Command("docker ps", 4, 4, status=1),))),
        page(dataclasses.replace(RUNS, options=Options(timeout=1.0))),
        page(RUNS, RUNS),
        page(RUNS, Snippet("text", Options(file="a"), 7, 9, "", "one\n")),
        page(options=PageOptions(images=("nginx",))),
        page(options=PageOptions(timeout=1.0)),
        page(options=PageOptions(hub=True)),
    ],
)
def test_whatever_can_change_the_output_changes_the_key(other: Page) -> None:
    assert key(other) != key(page())


def test_a_pages_rules_come_after_the_sites_and_change_nothing_that_comes_out() -> None:
    site = dataclasses.replace(SITE, varies=("a",), same=("b",))
    ruled = page(options=PageOptions(varies=("c",), same=("d",)))
    assert plan(site, [ruled]).jobs[0].rules == Rules(("a", "c"), ("b", "d"))
    assert key(ruled, site) == key(page())


def test_the_content_of_a_file_changes_the_key() -> None:
    one, two = (Snippet("text", Options(file="a"), 7, 9, "", text) for text in ("one\n", "two\n"))
    assert key(page(RUNS, one)) != key(page(RUNS, two))


def test_the_engine_changes_the_key_unless_it_is_the_one_that_pages_have_anyway() -> None:
    engines = [
        EngineSource(debian="forky"),
        EngineSource(image="docker:29"),
        EngineSource(image="docker:28"),
    ]
    keys = [key(page(), dataclasses.replace(SITE, engine=engine)) for engine in engines]
    assert len({key(page()), *keys}) == 4
    assert key(page(), dataclasses.replace(SITE, engine=EngineSource(path="mkdocs.yml", line=3))) == key(page())
    # Where the image comes from does not matter: a machine that only replays need not have the archive.
    archived = EngineSource(image="docker:29", archive="docker.tar", file=Path("/s/docker.tar"))
    assert key(page(), dataclasses.replace(SITE, engine=archived)) == keys[1]


def test_the_source_of_an_image_changes_the_key() -> None:
    changed = dataclasses.replace(SITE, images=(SITE.images[0], ImageSource("redis:7", pull="redis@sha256:1")))
    assert key(page(), changed) != key(page())


def test_the_content_of_a_build_context_changes_the_key(tmp_path: Path) -> None:
    built = ImageSource("redis:7", build="images/redis", folder=tmp_path)
    site = dataclasses.replace(SITE, images=(built,))
    (tmp_path / "Dockerfile").write_text("FROM debian\n")
    before = key(page(), site)
    (tmp_path / "Dockerfile").write_text("FROM ubuntu\n")
    assert key(page(), site) != before


def test_an_image_that_a_page_can_pull_from_its_hub_changes_the_key() -> None:
    changed = dataclasses.replace(SITE, images=(SITE.images[0], ImageSource("redis:7", pull="redis@sha256:1")))
    without, with_hub = (page(options=PageOptions(images=("nginx",), hub=hub)) for hub in (False, True))
    assert key(without, changed) == key(without)
    assert key(with_hub, changed) != key(with_hub)


def test_a_page_has_a_hub_if_it_says_so() -> None:
    assert [plan(SITE, [page(options=PageOptions(hub=hub))]).jobs[0].hub for hub in (False, True)] == [False, True]

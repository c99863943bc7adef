from __future__ import annotations

import re
from pathlib import Path

import pytest

from snippetrun import config
from snippetrun.config import Dialect, Renderer
from snippetrun.errors import ConfigError, PageError
from snippetrun.extract import read
from snippetrun.model import Network
from snippetrun.support.limits import Limits


def load(tmp_path: Path, text: str) -> config.SiteConfig:
    (tmp_path / "images" / "web").mkdir(parents=True, exist_ok=True)
    (tmp_path / "images" / "web" / "Dockerfile").write_text("FROM scratch\n")
    path = tmp_path / "mkdocs.yml"
    path.write_text(text)
    return config.load(path)


def complaints(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]


def test_one_line_is_enough(tmp_path: Path) -> None:
    site = load(tmp_path, "site_name: x\nplugins:\n  - snippetrun\n")
    assert (site.images, site.languages, site.timeout) == ((), ("console", "shell-session"), 60.0)
    assert site.docs == tmp_path / "docs"


def test_everything_can_be_set(tmp_path: Path) -> None:
    digest = "sha256:" + "0" * 64
    site = load(
        tmp_path,
        f"""docs_dir: pages
plugins:
  search: {{}}
  snippetrun:
    images:
      web: {{build: images/web, stand_in: "not the real one"}}
      redis:7: {{pull: "redis@{digest}"}}
    languages: [console, ""]
    scripts: [.term1]
    prompts: ["$", "#"]
    renderer: commonmark
    timeout: 2m
    output_limit: 64kB
    jobs: 3
    varies: ['x=(\\d+)']
    same: ['version [0-9.]+']
""",
    )
    web, redis = site.images
    assert (web.name, web.folder, web.stand_in, web.line) == (
        "web:latest", tmp_path / "images/web", "not the real one", 6,
    )  # fmt: skip
    assert (redis.name, redis.pull) == ("redis:7", f"redis@{digest}")
    scripts = ("bash", "sh", "term1")
    assert site.dialect == Dialect(("console", "", "term1"), scripts, ("$", "#"), Renderer.COMMONMARK, ())
    assert (site.timeout, site.output_limit, site.jobs) == (120.0, 64_000, 3)
    assert (site.varies, site.same) == (("x=(\\d+)",), ("version [0-9.]+",))
    assert site.docs == tmp_path / "pages"


def test_tags_that_concern_others_are_passed_over(tmp_path: Path) -> None:
    text = "site_url: !ENV [URL, x]\nmarkdown_extensions:\n  - a: !!python/name:a.b\nplugins: [snippetrun]\n"
    assert load(tmp_path, text).timeout == 60.0


HEAD = "plugins:\n  - snippetrun:\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("plugins: [search]\n", "mkdocs.yml: does not name the plugin snippetrun"),
        ("a: [\n", "mkdocs.yml:2:1: is not valid YAML"),
        (HEAD + "      timout: 3s\n", "mkdocs.yml:3:7: timout: there is no such key\n    Did you mean timeout?"),
        (HEAD + "      timeout: soon\n", "mkdocs.yml:3:7: timeout: 'soon' is not a duration"),
        (HEAD + "      jobs: 0\n", "mkdocs.yml:3:7: jobs: expects a number of pages"),
        (HEAD + "      languages: console\n", "mkdocs.yml:3:7: languages: expects a list"),
        (
            HEAD + '      prompts: [">"]\n',
            "mkdocs.yml:3:7: prompts: expects a list of prompts without the blank at their end",
        ),
        (HEAD + "      renderer: hugo\n", "mkdocs.yml:3:7: renderer: expects one of python-markdown, commonmark"),
        (HEAD + "      images: [web]\n", "mkdocs.yml:3:7: images: expects image names"),
        (HEAD + "      images:\n        Web: {build: images/web}\n", "mkdocs.yml:4:9: images: Web: is no image name"),
        (HEAD + "      images:\n        web: images/web\n", "mkdocs.yml:4:9: images: web: expects either {build"),
        (HEAD + "      images:\n        web: {build: images/nope}\n", "there is no file images/nope/Dockerfile"),
        (HEAD + "      images:\n        web: {build: ../..}\n", "outside of the site's folder"),
        (
            HEAD + "      images:\n        web: {pull: nginx}\n",
            "mkdocs.yml:4:15: images: web: pull: nginx has no digest",
        ),
        (
            HEAD + "      images:\n        web: {build: images/web, standin: x}\n",
            "mkdocs.yml:4:34: images: web: standin: there is no such key\n    Did you mean stand_in?",
        ),
        (
            HEAD + "      images:\n        web: {build: images/web}\n        web:latest: {build: images/web}\n",
            "mkdocs.yml:5:9: images: web:latest: is the same image as web",
        ),
        (HEAD + "      engine: forky\n", "mkdocs.yml:3:7: engine: expects either {debian: SUITE} or {image: "),
        (HEAD + "      engine: {debian: sid, image: 'docker:29'}\n", "mkdocs.yml:3:7: engine: expects either {debian"),
        (HEAD + "      engine: {debian: 13}\n", "mkdocs.yml:3:16: engine: debian: expects the name of a suite"),
        (HEAD + "      engine: {debain: sid}\n", "mkdocs.yml:3:7: engine: expects either {debian: SUITE} or {image: "),
        (
            HEAD + "      engine: {debian: sid, archive: docker.tar}\n",
            "mkdocs.yml:3:29: engine: archive: there is no such key",
        ),
        (
            HEAD + "      engine: {image: docker}\n",
            "mkdocs.yml:3:16: engine: image: docker is no image with its version",
        ),
        (
            HEAD + "      engine: {image: 'reg:5000/docker'}\n",
            "engine: image: reg:5000/docker is no image with its version",
        ),
        (
            HEAD + "      engine: {image: 'docker:29', archive: ../docker.tar}\n",
            "mkdocs.yml:3:36: engine: archive: ../docker.tar is outside of the site's folder",
        ),
        (HEAD + "      engines: [sid]\n", "mkdocs.yml:3:7: engines: expects names of engines"),
        (HEAD + "      engines: {}\n", "mkdocs.yml:3:7: engines: expects names of engines"),
        (HEAD + "      engines: {all: {debian: sid}}\n", "mkdocs.yml:3:17: engines: all: is no name for an engine"),
        (
            HEAD + "      engines:\n        a: {debian: sid}\n        b: {debian: 13}\n",
            "mkdocs.yml:5:13: engines: b: debian: expects the name of a suite",
        ),
        (
            HEAD + "      engine: {debian: sid}\n      engines: {a: {debian: sid}}\n",
            "mkdocs.yml:3:7: engine: is the first of engines",
        ),
        (HEAD + "      varies: x\n", "mkdocs.yml:3:7: varies: expects a list of regular expressions"),
        (HEAD + "      same:\n        - a\n        - 1\n", "mkdocs.yml:5:11: same: 1 is no text; quote it"),
        (HEAD + "      varies: ['(']\n", "mkdocs.yml:3:16: varies: '(' is no regular expression: missing ): ("),
        (HEAD + "      varies: ['a*']\n", "mkdocs.yml:3:16: varies: 'a*' also matches where nothing is"),
        (
            HEAD + "      stable:\n        - {pattern: a, replace: b}\n",
            "mkdocs.yml:3:7: stable: output is no longer replaced; write what may differ from run to run: varies: [",
        ),
        ("plugins:\n  - snippetrun: 3\n", "mkdocs.yml:2:5: snippetrun: expects keys and values"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    assert complaint in complaints(tmp_path, text)[0]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("timeout", "soon", "timeout: 'soon' is not a duration, e.g. 60s, 500ms or 2m"),
        ("match", "loose", "match: expects one of pattern, exact, regex, none"),
        ("timout", "5s", "timout: there is no such "),
        ("stable", "x", "stable: output is no longer replaced; write what may differ from run to run: varies: ["),
    ],
)
def test_a_mistake_is_told_in_the_same_words_wherever_it_stands(
    tmp_path: Path, key: str, value: str, message: str
) -> None:
    assert complaints(tmp_path, f"{HEAD}      {key}: {value}\n")[0].startswith(f"mkdocs.yml:3:7: {message}")
    fence = "\n```console\n$ docker ps\n```\n"
    front_matter = f"---\nsnippetrun: {{{key}: {value}}}\n---\n{fence}"
    for text in (front_matter, fence.replace("console", f"console {{{key}={value}}}")):
        with pytest.raises(PageError) as caught:
            read("a.md", text)
        [problem] = caught.value.problems
        assert (problem.line, problem.message[: len(message)]) == (2, message)


@pytest.mark.parametrize(
    "image", ["docker:29-dind", f"docker@sha256:{'0' * 64}", f"reg:5000/team/docker:29@sha256:{'0' * 64}"]
)
def test_the_engine_is_that_of_an_image_by_version_or_digest(tmp_path: Path, image: str) -> None:
    engine = load(tmp_path, f"{HEAD}      engine: {{image: '{image}', archive: engines/docker.tar}}\n").engine
    assert (engine.image, engine.file, engine.line) == (image, tmp_path / "engines/docker.tar", 3)
    assert str(engine) == image


def test_the_engine_is_debians_if_nothing_else_is_said(tmp_path: Path) -> None:
    assert str(load(tmp_path, HEAD[:-2] + "\n").engine) == "Debian trixie"
    assert str(load(tmp_path, HEAD + "      engine: {debian: forky}\n").engine) == "Debian forky"


def test_of_several_engines_the_first_is_the_one_of_the_recordings(tmp_path: Path) -> None:
    site = load(tmp_path, HEAD + "      engines: {current: {debian: trixie}, next: {debian: forky}}\n")
    assert (str(site.engine), site.other_engine) == ("Debian trixie", "")
    other = site.on("next")
    assert (str(other.engine), other.engine.line, other.other_engine) == ("Debian forky", 3, "next")
    assert other.on("current") == site
    with pytest.raises(ConfigError, match=r"the site names no engine old\n    Known: current, next, all\."):
        site.on("old")
    with pytest.raises(ConfigError, match="To name some: engines:"):
        load(tmp_path, HEAD[:-2] + "\n").on("next")


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    messages = complaints(tmp_path, HEAD + "      timeout: x\n      jobs: x\n      images: {A: 1, B: 2}\n")
    assert len(messages) == 4


def test_a_missing_file_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Stand in the folder of your mkdocs.yml"):
        config.load(tmp_path / "mkdocs.yml")


def test_the_nearest_file_above_a_folder_is_found(tmp_path: Path) -> None:
    below = tmp_path / "docs" / "deep"
    below.mkdir(parents=True)
    with pytest.raises(ConfigError, match=f"there is no mkdocs.yml in {below}, nor above it"):
        config.find(below)
    (tmp_path / "mkdocs.yml").touch()
    assert config.find(below) == tmp_path / "mkdocs.yml"
    (below / "mkdocs.yml").touch()
    assert config.find(below) == below / "mkdocs.yml"


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_bytes(b"site_name: \xff\n")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        config.load(tmp_path / "mkdocs.yml")


@pytest.mark.parametrize(
    ("name", "whole"),
    [("nginx", "nginx:latest"), ("nginx:1", "nginx:1"), ("reg:5000/a/b", "reg:5000/a/b:latest")],
)
def test_a_name_without_a_tag_means_latest(name: str, whole: str) -> None:
    assert config.image_name(name) == whole


def test_limits_and_the_network_are_the_sites_and_may_differ_for_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "big.md").touch()
    monkeypatch.chdir(tmp_path)
    options = "limits: {memory: 1GB}, pages: {big.md: {limits: {memory: 6GB, cpus: 4}, network: internet}}"
    site = load(tmp_path, f"plugins:\n  - snippetrun: {{{options}}}\n")
    assert site.page("docs/other.md") == (Limits(memory=10**9), Network.NONE)
    assert site.page("docs/big.md") == (Limits(memory=6 * 10**9, cpus=4.0), Network.INTERNET)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("limits: {memroy: 1GB}", "limits: memroy: there is no such key\n    Did you mean memory?"),
        ("limits: {processes: many}", "limits: processes: 'many' is no whole number"),
        ("limits: {cpus: no}", "limits: cpus: False is no number"),
        ("limits: {memory: 10MB}", "limits: memory: '10MB' is less than any page needs, which is 200000000"),
        ("network: lan", "network: expects one of none, internet"),
        ("verification: ../x.md", "verification: expects true, false, or the path of a page below docs_dir"),
        ("verification: report", "verification: report is no page: its name does not end in .md"),
        ("pages: {indx.md: {network: internet}}", "pages: indx.md: there is no such page"),
        ("pages: {index.md: {limit: {}}}", "pages: index.md: limit: there is no such key\n    Did you mean limits?"),
    ],
)
def test_a_mistake_in_what_a_page_may_have_or_be_is_named_with_its_line(
    tmp_path: Path, option: str, message: str
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").touch()
    [complaint] = complaints(tmp_path, f"plugins:\n  - snippetrun:\n      {option}\n")
    assert re.fullmatch(r"mkdocs.yml:3:\d+: " + re.escape(message) + ".*", complaint, re.DOTALL)


# What MkDocs itself does with the file


def test_what_a_file_does_not_say_is_inherited(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "all.yml").write_text(
        "docs_dir: pages\nplugins:\n  search: {}\n  snippetrun:\n    timeout: 5s\n    jobs: 3\n"
        "    images:\n      web: {build: images/web}\n"
    )
    site = load(tmp_path, "INHERIT: base/all.yml\nplugins:\n  snippetrun:\n    timeout: 7s\n")
    assert (site.timeout, site.jobs, site.docs) == (7.0, 3, tmp_path / "pages")
    [web] = site.images
    assert (web.folder, Path(web.path).name, web.line) == (tmp_path / "images" / "web", "all.yml", 8)
    assert [file.name for file in site.files] == ["mkdocs.yml", "all.yml"]


def test_a_mistake_that_is_inherited_is_told_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "all.yml").write_text("plugins:\n  snippetrun:\n    jobs: 0\n")
    [complaint] = complaints(tmp_path, "INHERIT: all.yml\nplugins:\n  snippetrun:\n    timeout: 7s\n")
    assert complaint.startswith("all.yml:3:5: jobs: expects")
    [complaint] = complaints(tmp_path, "INHERIT: all.yml\nplugins:\n  snippetrun:\n    jobs: -1\n")
    assert complaint.startswith("mkdocs.yml:4:5: jobs: expects")


def test_a_mistake_that_another_part_of_the_file_brings_in_is_told_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "all.yml").write_text("plugins:\n  snippetrun:\n    jobs: 3\n")
    text = "INHERIT: all.yml\nextra: &x\n  jobs: 0\nplugins:\n  snippetrun:\n    <<: *x\n"
    [complaint] = complaints(tmp_path, text)
    assert complaint.startswith("mkdocs.yml:3:3: jobs: expects")


@pytest.mark.parametrize(
    ("inherited", "why"),
    [
        ("other.yml", "mkdocs.yml:2:1: INHERIT: other.yml cannot be read: No such file or directory"),
        ("mkdocs.yml", "mkdocs.yml:2:1: INHERIT: mkdocs.yml inherits from this file"),
        ("back.yml", "back.yml:1:1: INHERIT: mkdocs.yml inherits from this file"),
        ("[x]", "mkdocs.yml:2:1: INHERIT: expects the path of another file"),
        ("docs", "mkdocs.yml:2:1: INHERIT: docs cannot be read: Is a directory"),
        ("circle.yml", "mkdocs.yml:2:1: INHERIT: circle.yml cannot be read: Too many levels of symbolic links"),
        ("x" * 300, f"mkdocs.yml:2:1: INHERIT: {'x' * 300} cannot be read: File name too long"),
    ],
)
def test_what_cannot_be_inherited_is_named(tmp_path: Path, inherited: str, why: str) -> None:
    (tmp_path / "back.yml").write_text("INHERIT: mkdocs.yml\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "circle.yml").symlink_to("circle.yml")
    assert complaints(tmp_path, f"site_name: x\nINHERIT: {inherited}\nplugins: [snippetrun]\n") == [why]


def test_a_value_may_be_an_environment_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGES", "texts")
    monkeypatch.setenv("AT_A_TIME", "4")
    text = (
        "docs_dir: !ENV PAGES\nplugins:\n  - snippetrun:\n      jobs: !ENV AT_A_TIME\n      timeout: !ENV [UNSET, 9s]\n"
    )
    site = load(tmp_path, text)
    assert (site.docs, site.jobs, site.timeout) == (tmp_path / "texts", 4, 9.0)


@pytest.mark.parametrize(
    "option", ["timeout: !ENV NOPE", "limits: {time: !ENV NOPE}", "varies: [!ENV NOPE]", "jobs: !ENV [NOPE, null]"]
)
def test_a_variable_that_is_not_set_is_named(tmp_path: Path, option: str) -> None:
    [complaint] = complaints(tmp_path, f"site_url: !ENV URL\nplugins:\n  - snippetrun:\n      {option}\n")
    assert complaint.startswith("mkdocs.yml:4:")
    assert complaint.endswith(": the environment variable NOPE is not set, or empty")


def test_what_a_variable_that_is_not_set_leaves_out_is_as_if_it_were_not_said(tmp_path: Path) -> None:
    site = load(tmp_path, "docs_dir: !ENV NOPE\nplugins:\n  - snippetrun: !ENV NOPE\n")
    assert (site.docs, site.timeout) == (tmp_path / "docs", 60.0)


def test_what_every_plugin_may_be_told_is_for_mkdocs(tmp_path: Path) -> None:
    site = load(tmp_path, "plugins:\n  - snippetrun:\n      enabled: !ENV [CI, true]\n      jobs: 3\n")
    assert site.jobs == 3


def test_a_variable_that_yaml_cannot_read_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHEN", "2026-99-99")
    [complaint] = complaints(tmp_path, "plugins:\n  - snippetrun:\n      timeout: !ENV WHEN\n")
    assert complaint.startswith("mkdocs.yml:3:16: is not valid YAML: a value cannot be read: month must")


def test_a_page_has_its_name_whatever_links_lead_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "a.md").touch()
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "docs").symlink_to("../content")
    (tmp_path / "site" / "mkdocs.yml").write_text("plugins: [snippetrun]\n")
    names = set()
    for folder, page in (("site", "docs/a.md"), (".", "site/docs/a.md"), (".", "content/a.md"), ("content", "a.md")):
        monkeypatch.chdir(tmp_path / folder)
        site = config.load(tmp_path / "site" / "mkdocs.yml")
        names.add((site.name(page), site.name_in_docs(page)))
    assert names == {("../content/a.md", "a.md")}


def test_the_other_ending_of_yaml_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yaml").write_text("plugins: [snippetrun]\n")
    assert config.load(config.find(tmp_path)).files == (tmp_path / "mkdocs.yaml",)

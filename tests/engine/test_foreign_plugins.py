"""Sites as others have them: with the released plugins of other people, in an environment of their own.

What runs is what the site shows, whoever has made it: what is shown and did not run, or ran and is not shown, is wrong.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest
from helpers.mkdocs_build import blocks

pytestmark = pytest.mark.engine

REPOSITORY = Path(__file__).parents[2]
PROGRAMS = REPOSITORY / ".venv-plugins" / "bin"
HIDDEN = "```console {hide}\n$ WORD=kept-secret\n```\n"
SHOWS = "```console\n$ docker --version > /dev/null; echo shows-$WORD\n```\n"

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return what writes a site of files with plugins, and stand in its folder."""

    def made(files: Mapping[str, str], before: str = "", after: str = "", more: str = "") -> Path:
        shutil.copytree(REPOSITORY / "images" / "busybox", tmp_path / "images" / "busybox", dirs_exist_ok=True)
        (tmp_path / "mkdocs.yml").write_text(
            "site_name: Test\ntheme: {name: material, font: false}\nuse_directory_urls: false\n"
            # From one run: what a second one would show is nothing that a plugin of others has a part in.
            f"plugins:\n  - search\n{before}  - snippetrun:\n      runs: 1\n"
            f"      images: {{busybox: {{build: images/busybox}}}}\n{after}{more}"
        )
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return tmp_path

    monkeypatch.chdir(tmp_path)
    return made


def typed(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program that has the plugins in the folder of the site."""
    ended = subprocess.run(
        [PROGRAMS / program, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
    )
    assert "Traceback" not in ended.stdout
    return ended


build = partial(typed, "mkdocs", "build", "--strict")
snippetrun = partial(typed, "snippetrun")


def shown(page: str) -> str:
    """What the blocks of a built page say."""
    return "".join(blocks(Path("site", page)).texts)


def published(word: str) -> list[str]:
    """The files of the site that have a word in them."""
    return sorted(
        str(file)
        for file in Path("site").rglob("*")
        if file.is_file() and not file.match("assets/**") and word in file.read_text(errors="replace")
    )


def recordings() -> list[str]:
    return sorted(str(file.relative_to("recordings")) for file in Path("recordings").rglob("*.json"))


def nothing_of_ours_is_left() -> None:
    """No page has a mark or a private fence of ours."""
    for file in Path("site").rglob("*.html"):
        assert not re.search(r"data-snippetrun=|```snippetrun|sr[0-9a-f]{16}n", file.read_text()), file


# What other plugins and extensions put in


@pytest.mark.slow
def test_a_fence_that_pymdownx_snippets_includes_runs_and_an_error_names_its_file_and_line(make: Make) -> None:
    page = f'# Home\n\n{HIDDEN}\n--8<-- "parts/more.txt"\n\n```console\n$ echo after-$NEXT\n```\n'
    part = "Words.\n\n```console\n$ NEXT=it; echo in-$WORD\n```\n"
    make({"docs/index.md": page, "parts/more.txt": part + SHOWS}, more="markdown_extensions: [pymdownx.snippets]\n")
    assert build().returncode == 0
    assert "in-kept-secret" in shown("index.html")
    assert "after-it" in shown("index.html")
    assert published("WORD=kept") == []
    assert snippetrun("check").returncode == 0, "the command line reads what the build reads"
    assert "in-$WORD" in snippetrun("list").stdout
    Path("parts/more.txt").write_text(part.replace("echo", "false; false #") + SHOWS)
    failed = build()
    assert failed.returncode == 1
    assert "parts/more.txt:4: exit status 1, expected 0" in failed.stdout


def test_a_fence_that_include_markdown_includes_runs(make: Make) -> None:
    page = '# Home\n\n{% include-markdown "../parts/more.md" %}\n\n' + SHOWS
    make({"docs/index.md": page, "parts/more.md": HIDDEN}, before="  - include-markdown\n")
    assert build().returncode == 0
    assert "shows-kept-secret" in shown("index.html")
    assert published("WORD=kept") == []


def test_macros_decide_what_runs(make: Make) -> None:
    page = (
        "# Home\n\n```console\n$ docker --version > /dev/null; echo {{ word }}\n```\n\n"
        "{% if false %}\n```console\n$ echo never-run; false\n```\n{% endif %}\n"
    )
    make({"docs/index.md": page}, before="  - macros\n", more="extra: {word: from-a-macro}\n")
    assert build().returncode == 0
    assert "from-a-macro" in shown("index.html")
    assert "never-run" not in Path("recordings/index.md.json").read_text()


# Pages that plugins make


@pytest.mark.slow
def test_a_generated_page_runs_and_is_recorded_by_its_place_in_the_site(make: Make) -> None:
    script = (
        f"import mkdocs_gen_files\nwith mkdocs_gen_files.open('made/page.md', 'w') as file: file.write({SHOWS!r})\n"
    )
    make({"docs/index.md": "# Home\n", "gen.py": script}, before="  - gen-files:\n      scripts: [gen.py]\n")
    for _ in range(2):
        assert build().returncode == 0
        assert "shows-" in shown("made/page.html")
        assert recordings() == ["made/page.md.json"]
    assert snippetrun("check", "docs/made/page.md").returncode == 0


def test_a_blog_shows_what_ran_in_its_posts_and_nothing_that_is_hidden(make: Make) -> None:
    head = "---\ndate: 2026-01-0{day}\ncategories: [Docker]\n---\n\n"
    post = head + "# Post {day}\n\n{hidden}\n{shows}\n<!-- more -->\n\n{end}"
    end = "```console\n$ echo below-the-fold\n```\n"
    posts = {
        f"docs/blog/posts/{day}.md": post.format(
            day=day, hidden=HIDDEN.replace("secret", f"secret-{day}"), shows=SHOWS, end=end
        )
        for day in (1, 2)
    }
    make({"docs/index.md": "# Home\n", "docs/blog/index.md": "# Blog\n", **posts}, before="  - blog\n")
    for _ in range(2):
        assert build().returncode == 0
        assert recordings() == ["blog/posts/1.md.json", "blog/posts/2.md.json"]
    pages = [name for name in published("shows-kept-secret-1") if name.endswith(".html")]
    assert len(pages) == 4, "the post, the index, the archive and the category"
    assert published("WORD=kept") == []
    both = shown("blog/index.html")
    assert both.index("shows-kept-secret-2") < both.index("shows-kept-secret-1")
    assert "below-the-fold" not in both
    nothing_of_ours_is_left()


@pytest.mark.parametrize("after", [False, True], ids=["listed before us", "listed after us"])
def test_a_site_in_two_languages(make: Make, *, after: bool) -> None:
    i18n = (
        "  - i18n:\n      languages:\n        - {locale: en, name: English, default: true, build: true}\n"
        "        - {locale: fr, name: Français, build: true}\n"
    )
    pages = {
        "docs/index.md": f"# Home\n\n{SHOWS}",
        "docs/index.fr.md": f"# Maison\n\n{SHOWS.replace('shows', 'montre')}",
        "docs/only.md": f"# Only English\n\n{SHOWS.replace('shows', 'only')}",
    }
    make(pages, **{"after" if after else "before": i18n})
    assert build("--no-strict").returncode == 0
    assert "shows-" in shown("index.html")
    assert "montre-" in shown("fr/index.html")
    assert "only-" in shown("only.html")
    assert "only-" in shown("fr/only.html")
    nothing_of_ours_is_left()


def test_the_pages_of_a_monorepo(make: Make) -> None:
    inner = "site_name: inner\nnav:\n  - Inner: index.md\n"
    nav = "nav:\n  - Home: index.md\n  - Inner: '!include ./inner/mkdocs.yml'\n"
    make(
        {"docs/index.md": "# Home\n", "inner/mkdocs.yml": inner, "inner/docs/index.md": f"# Inner\n\n{SHOWS}"},
        before="  - monorepo\n",
        more=nav,
    )
    for _ in range(2):
        assert build().returncode == 0
        assert "shows-" in shown("inner/index.html")
        assert recordings() == ["inner/index.md.json"]


def test_plugins_that_order_pages_move_them_and_make_them_small(make: Make) -> None:
    before = (
        "  - awesome-nav\n  - tags\n  - section-index\n  - redirects:\n      redirect_maps: {old.md: index.md}\n"
        "  - minify:\n      minify_html: true\n"
    )
    page = f"---\ntags: [docker]\n---\n\n# Home\n\n{SHOWS}"
    make({"docs/index.md": page, "docs/a/index.md": f"# A\n\n{SHOWS}", "docs/.nav.yml": "nav: ['*']\n"}, before=before)
    assert build("--no-strict").returncode == 0
    assert "shows-" in shown("index.html")
    assert "shows-" in shown("a/index.html")
    nothing_of_ours_is_left()


# What the renderer shows as text

IN_A_TAB = '=== "Tab"\n\n    ```console\n    $ docker ps\n    ```\n'
IN_A_NOTE = "!!! note\n\n    ```console\n    $ docker ps\n    ```\n"
IN_A_LIST = "1. Step one:\n\n   Some text, indented by three.\n\n    ```console\n    $ docker ps\n    ```\n"
IN_A_DEFINITION = "Term\n:   Words.\n\n    ```console\n    $ docker ps\n    ```\n"


@pytest.mark.parametrize("page", [IN_A_TAB, IN_A_NOTE, IN_A_LIST, IN_A_DEFINITION])
def test_a_fence_that_is_shown_as_text_is_an_error_and_does_not_run(make: Make, page: str) -> None:
    make({"docs/index.md": f"# Home\n\n{page}"})
    built = build("--no-strict")
    line = page[: page.index("```")].count("\n") + 3
    assert built.returncode == 1
    assert f"docs/index.md:{line}" in built.stdout
    assert "as text" in built.stdout
    assert recordings() == []


@pytest.mark.parametrize(
    ("page", "extension"),
    [(IN_A_TAB, "pymdownx.tabbed: {alternate_style: true}"), (IN_A_NOTE, "admonition"), (IN_A_DEFINITION, "def_list")],
)
def test_the_same_runs_where_its_extension_is_there(make: Make, page: str, extension: str) -> None:
    make({"docs/index.md": f"# Home\n\n{page}"}, more=f"markdown_extensions:\n  - {extension}\n")
    assert build().returncode == 0
    assert "CONTAINER ID" in shown("index.html")


# What a reviewer found


def test_a_mistake_in_an_included_file_has_its_place_for_the_command_line_too(make: Make) -> None:
    page = '# Home\n\n--8<-- "parts/a.md"\n\n--8<-- "parts/b.md"\n'
    make(
        {"docs/index.md": page, "parts/a.md": "A\n\n```console {nosuch=1}\n$ docker ps\n```\n", "parts/b.md": SHOWS},
        more="markdown_extensions: [pymdownx.snippets]\n",
    )
    for ended in (build(), snippetrun("list"), snippetrun("check")):
        assert "parts/a.md:3:13: nosuch" in ended.stdout
    Path("docs/index.md").write_text('--8<-- "parts/none.md"\n')
    settings = Path("mkdocs.yml")
    settings.write_text(
        settings.read_text().replace("[pymdownx.snippets]", "[{pymdownx.snippets: {check_paths: true}}]")
    )
    failed = snippetrun("list")
    assert failed.returncode == 2
    assert "docs/index.md: Snippet at path 'parts/none.md' could not be found\n" in failed.stdout


HOOK = """
import json
from pathlib import Path

texts = {}

def on_page_content(html, page, **_):
    texts[page.file.src_uri] = html
    return html.replace("<div data-", "<div class='x' data-")

def on_page_context(context, page, **_):
    texts[page.file.src_uri + ".md"] = page.markdown
    return context

def on_post_build(config, **_):
    Path(config.site_dir, "all.html").write_text("".join(texts.values()))
    Path(config.site_dir, "all.json").write_text(json.dumps(texts))
"""


def test_what_others_write_beside_pages_has_no_mark_of_ours(make: Make) -> None:
    make({"docs/index.md": f"# Home\n\n{HIDDEN}\n{SHOWS}", "hook.py": HOOK}, more="hooks: [hook.py]\n")
    assert build().returncode == 0
    assert "shows-kept-secret" in shown("index.html")
    assert "shows-kept-secret" in shown("all.html")
    nothing_of_ours_is_left()
    assert not re.search(r"sr[0-9a-f]{16}n", Path("site/all.json").read_text())
    assert published("WORD=kept") == []


def test_a_hidden_fence_that_does_not_run_is_published_nowhere_either(make: Make) -> None:
    comment = f"<!--\n{HIDDEN}-->\n"
    footnote = "Words[^1].\n\n[^1]: Note.\n\n    ```console {hide}\n    $ WORD=kept-note\n    ```\n"
    make({"docs/index.md": f"# Home\n\n{comment}\n{footnote}\n{SHOWS}"})
    build("--no-strict")
    assert published("WORD=kept") == []


def test_an_excerpt_shows_what_its_own_post_printed(make: Make) -> None:
    post = "---\ndate: 2026-01-0{day}\n---\n\n# Post {day}\n\n{hidden}\n" + '--8<-- "parts/s.md"\n\n<!-- more -->\n'
    posts = {
        f"docs/blog/posts/{day}.md": post.format(day=day, hidden=HIDDEN.replace("secret", f"secret-{day}"))
        for day in (1, 2)
    }
    make(
        {"docs/index.md": "# Home\n", "docs/blog/index.md": "# Blog\n", "parts/s.md": SHOWS, **posts},
        before="  - blog\n",
        more="markdown_extensions: [pymdownx.snippets]\n",
    )
    assert build().returncode == 0
    both = shown("blog/index.html")
    assert both.index("shows-kept-secret-2") < both.index("shows-kept-secret-1")


def test_an_extension_that_nobody_knows_may_put_fences_in(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    extension = (
        "from markdown.extensions import Extension\nfrom markdown.preprocessors import Preprocessor\n\n"
        "class Add(Preprocessor):\n    def run(self, lines):\n        return [*lines, '', '```console', "
        "'$ docker --version > /dev/null; echo added', '```']\n\n"
        "class Adds(Extension):\n    def extendMarkdown(self, md):\n"
        "        md.preprocessors.register(Add(md), 'add', 31)\n\ndef makeExtension(**options):\n    return Adds()\n"
    )
    monkeypatch.setenv("PYTHONPATH", ".")
    make({"docs/index.md": f"# Home\n\n{SHOWS}", "adds.py": extension}, more="markdown_extensions: [adds]\n")
    assert build().returncode == 0
    assert "added" in shown("index.html")
    assert snippetrun("check").returncode == 0


def test_what_an_extension_takes_away_does_not_run(make: Make) -> None:
    taken = f"{{-- \n\n{SHOWS.replace('shows', 'taken')}\n --}}\n"
    critic = "markdown_extensions:\n  - pymdownx.critic: {mode: accept}\n"
    make({"docs/index.md": f"# Home\n\n{taken}\n{SHOWS}"}, more=critic)
    assert build("--no-strict").returncode == 0
    assert "taken" not in Path("recordings/index.md.json").read_text()

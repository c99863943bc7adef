"""Info strings to options: what is ours, what is the renderer's, and what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippetrun.errors import PageError
from snippetrun.extract.attribute_values import READERS
from snippetrun.extract.info_string import for_renderer, parse
from snippetrun.extract.superfences import find_blocks
from snippetrun.model import Options

OURS = ("console", "shell-session")
COLUMN = 4


def read(info: str) -> tuple[str, Options]:
    return parse(info, languages=OURS, path="p.md", line=7, column=COLUMN)


def wrong(info: str) -> list[str]:
    """Return `column: message | hint` of each problem."""
    with pytest.raises(PageError) as caught:
        read(info)
    assert {(problem.path, problem.line) for problem in caught.value.problems} == {("p.md", 7)}
    return [f"{problem.column}: {problem.message} | {problem.hint}" for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("info", "language", "options"),
    [
        ("", "", Options()),
        ("console", "console", Options()),
        ("  console  ", "console", Options()),
        ("console {}", "console", Options()),
        ('console {skip="needs a GPU"}', "console", Options(skip="needs a GPU")),
        ("console {skip='a \"quote\" }'}", "console", Options(skip='a "quote" }')),
        ("console {skip=GPU}", "console", Options(skip="GPU")),
        ("console {timeout=60s}", "console", Options(timeout=60.0)),
        ("console {timeout=500ms}", "console", Options(timeout=0.5)),
        ("console {timeout=2m}", "console", Options(timeout=120.0)),
        ("console {timeout=90}", "console", Options(timeout=90.0)),
        ("console { exit=255  hide }", "console", Options(exit=255, hide=True)),
        ("console {exit=0}", "console", Options(exit=0)),
        ("dockerfile {file=./app//Dockerfile}", "dockerfile", Options(file="app/Dockerfile")),
        ("{file=notes.txt}", "", Options(file="notes.txt")),
        ("{.console exit=1}", "console", Options(exit=1)),
        ('console {.annotate #a title="x" linenums=1 data-x=y style="z" hide}', "console", Options(hide=True)),
    ],
)
def test_options(info: str, language: str, options: Options) -> None:
    assert read(info) == (language, options)


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("mermaid", "mermaid"),
        ('py title="x.py" linenums="1"', "py"),
        ("js {1,4-6} showLineNumbers", "js"),
        ('{.python .numberLines startFrom="3"}', "python"),
        ("{r, echo=FALSE}", ""),
        ("{: .x }", ""),
        ('go {linenos=table,hl_lines=[8,"15-17"]}', "go"),
        ("bash exit=1", "bash"),
        ('rust {title="skip file hide" unclosed', "rust"),
        ("python {skipped profile}", "python"),
        ('console title="x"', "console"),
        ("console hl_lines='2 3-4' linenums=\"1 2\"", "console"),
    ],
)
def test_what_other_tools_write_is_theirs(info: str, language: str) -> None:
    assert read(info) == (language, Options())


@pytest.mark.parametrize(
    ("info", "problem"),
    [
        ("console {skip}", '13: skip: expects a reason that a reader can see, e.g. "needs a GPU" | '),
        ('console {skip=" "}', '13: skip: expects a reason that a reader can see, e.g. "needs a GPU" | '),
        ("console {timeout}", "13: timeout: '' is not a duration, e.g. 60s, 500ms or 2m | "),
        ("console {exit=256}", "13: exit: expects an exit status from 0 to 255, not `256` | "),
        ("console {exit=-1}", "13: exit: expects an exit status from 0 to 255, not `-1` | "),
        ("console {exit=\u0663}", "13: exit: expects an exit status from 0 to 255, not `\u0663` | "),
        ("console {hide=yes}", "13: hide: takes no value | "),
        ("console {exit=1 exit=1}", "20: exit: is written twice | Leave one of them."),
        ("console {hide tiemout=1}", "18: tiemout: there is no such attribute | Did you mean timeout?"),
        (
            "console {x}",
            (
                "13: x: there is no such attribute | "
                "Known: skip, timeout, exit, file, term, until, engine, retry, match, hide."
            ),
        ),
        ("ruby {file=a.rb Hide}", "20: Hide: there is no such attribute | Did you mean hide?"),
        ("console {exit=1", "12: this brace is not closed | End the line with }."),
        ('console {hide skip="a}', '23: this quote is not closed | Write " at its end.'),
        ("console {hide, exit=1}", '13: `hide, exit=1}` is no attribute | Write key=value, key="a value" or a flag.'),
        (
            "console {hide} exit=1",
            (
                "19: `exit=1` stands after the braces | "
                "Move it inside the braces: as it stands, Python-Markdown takes this line for text."
            ),
        ),
        ("console exit=1", "12: the attribute `exit=1` stands without braces | Write console {exit=1}"),
        ("console skip", '12: the attribute `skip` stands without braces | Write console {skip="the reason"}'),
        (
            'console title="x" {exit=1}',
            '22: not all attributes of this fence stand in its braces | Write console {title="x" exit=1}',
        ),
        (
            "dockerfile{file=a}",
            (
                "14: the brace touches the language | "
                "Write dockerfile {file=a}: as it stands, Python-Markdown takes this line for text."
            ),
        ),
        ("console title=x", '12: `title=x` has no quotes | Write title="x".'),
        (
            "console nocopy",
            (
                "12: `nocopy` stands after the language | "
                "Remove it: with it, Python-Markdown takes this line for text, not for a fence."
            ),
        ),
        (
            'console hl_lines="2,3"',
            (
                '12: `hl_lines="2,3"` stands after the language | '
                "Remove it: with it, Python-Markdown takes this line for text, not for a fence."
            ),
        ),
    ],
)
def test_mistakes(info: str, problem: str) -> None:
    assert wrong(info) == [problem]


def test_all_mistakes_of_a_fence_come_at_once() -> None:
    assert [problem.split(":")[0] for problem in wrong("console {exit=x hide=1 y}")] == ["13", "20", "27"]


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("", "is empty"),
        ("/etc/passwd", "is absolute"),
        ("a/../../b", "leads out of the page's folder"),
        ("..", "leads out of the page's folder"),
        ("a/", "names a folder"),
        (".", "names a folder"),
        ("a\\b", "holds a backslash; separate folders by `/`"),
        ("a\x00b", "holds a control character"),
        ("a\x1bb", "holds a control character"),
    ],
)
def test_a_file_stays_in_the_folder_of_its_page(path: str, what: str) -> None:
    start = "13: file: expects a path inside the page's folder, e.g. app/Dockerfile;"
    assert wrong(f'console {{file="{path}"}}') == [f"{start} `{path}` {what} | "]


@given(st.text(alphabet="console {}=\"'.#skipexthdfl \t\x00é1/", max_size=40))
def test_any_info_string_is_read_or_refused_where_it_stands(info: str) -> None:
    try:
        language, _ = read(info)
    except PageError as error:
        columns = [problem.column for problem in error.problems]
    else:
        columns = []
        assert not language or language in info
    assert all(COLUMN <= column <= COLUMN + len(info) for column in columns)


@given(st.text(alphabet=st.characters(exclude_characters='"', exclude_categories=["Cc", "Cs", "Zl", "Zp"])))
def test_a_quoted_value_comes_back_as_it_was_written(value: str) -> None:
    if value.strip():
        assert read(f'console {{skip="{value}"}}') == ("console", Options(skip=value.strip()))


def test_each_key_is_an_option() -> None:
    assert set(READERS) == set(Options.__slots__)


@pytest.mark.parametrize(
    ("info", "shown"),
    [
        ("yaml {file=app.yml hl_lines='1 3' .wide}", 'yaml title="app.yml" hl_lines="1 3"'),
        ("text {file=a.txt title='say \"hi\" to it'}", "text title='say \"hi\" to it'"),
        ("text {file=a.txt linenums=all}", 'text title="a.txt"'),
    ],
)
def test_what_the_renderer_gets_is_an_opening_fence_for_it(info: str, shown: str) -> None:
    assert for_renderer(info) == shown
    assert find_blocks([f"```{shown}", "```"])

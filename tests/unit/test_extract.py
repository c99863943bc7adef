"""Page text to snippets: golden pages, and what holds for every page."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
from collections import Counter
from typing import Any

import markdown
import pytest
import yaml
from helpers.golden import Case, cases
from helpers.listing import listing, text_of
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pymdownx.superfences import highlight_validator

from snippetrun.config import Dialect
from snippetrun.errors import PageError, Problem
from snippetrun.extract import Edit, read, splice
from snippetrun.extract.block_parser import TextFences
from snippetrun.extract.fences import read_outline
from snippetrun.extract.lines import normalised
from snippetrun.extract.shell_syntax import Scanner, runs_docker
from snippetrun.extract.superfences import find_blocks
from snippetrun.model import Page, PageOptions

PATH = "p.md"
EXTENSIONS = [
    "admonition",
    "attr_list",
    "def_list",
    "footnotes",
    "pymdownx.details",
    "pymdownx.superfences",
    "pymdownx.tabbed",
    "tables",
]


@cases("extract")
def test_golden(case: Case) -> None:
    assert case["snippets"] or case["errors"], "a golden file has a section for what comes out"
    page, wrong = outcome(case["page"])
    assert text_of(wrong) == case["errors"]
    assert (listing(page) if page else "") == (case["snippets"] if case["snippets"] != "none\n" else "")
    assert text_of(page.findings if page else ()) == case["findings"]


SCRIPT = """```bash
# comments and blank lines run nothing
for n in 1 2; do
  docker run x $n
done

docker ps | \\
  wc -l
cat <<END
$ not a prompt
END
```
"""


def test_a_fence_of_a_script_language_is_split_into_its_commands() -> None:
    [snippet] = read(PATH, SCRIPT, Dialect(("console", "bash"))).snippets
    assert [(command.line, command.end_line, command.text) for command in snippet.commands] == [
        (3, 5, "for n in 1 2; do\n  docker run x $n\ndone"),
        (7, 8, "docker ps | \\\n  wc -l"),
        (9, 11, "cat <<END\n$ not a prompt\nEND"),
    ]
    assert read(PATH, SCRIPT).snippets == ()


def test_a_script_that_has_prompts_is_a_session() -> None:
    [snippet] = read(PATH, "```bash\n$ docker ps\nout\n```\n", Dialect(("bash",))).snippets
    assert [(command.text, command.written) for command in snippet.commands] == [("docker ps", ("out",))]


MIXED = """
```bash
$ docker ps
```

```bash
%s
```
"""


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("registry.example.com/app:v1\nnginx:1.28", False),
        ("Error: container is running", False),
        ("docker commit [OPTIONS] CONTAINER [REPOSITORY[:TAG]]", False),
        ("docker --some-option ...", False),
        ("docker run x\ncurl localhost", True),
        ("docker run x ls [ab]*", True),
        ("if [ -e x ]; then docker ps; fi", True),
        ("curl localhost\n```\n\n```bash {exit=1}\nfalse", True),
    ],
)
def test_on_a_page_with_prompts_what_has_none_and_calls_no_docker_is_no_script(text: str, *, runs: bool) -> None:
    dialect = Dialect(("bash", "sh"))
    page = read(PATH, MIXED % text, dialect)
    assert (len(page.snippets) > 1) is runs
    assert page.findings == ()
    other_language = (MIXED % text).replace("bash", "sh", 1)
    assert (len(read(PATH, other_language, dialect).snippets) > 1) is not any(
        sign in text for sign in ("[OPTIONS]", "...")
    )


def test_how_a_command_is_written_in_general_is_no_command_without_a_prompt() -> None:
    page = read(PATH, "```console\n$ docker ps\n```\n\n```console\ndocker rm [OPTIONS] CONTAINER\n```\n")
    assert (len(page.snippets), page.findings) == (1, ())


def site(text: str) -> str:
    """Render a page as Material for MkDocs does; each code block of a language of ours is a `mark`."""

    def mark(source: str, *_: object, **__: object) -> str:
        return f"<pre><mark>{html.escape(source)}</mark></pre>"

    fences = [
        {"name": name, "class": name, "format": mark, "validator": highlight_validator}
        for name in ("console", "shell-session", "dockerfile")
    ]
    settings: dict[str, dict[str, object]] = {
        "pymdownx.superfences": {"custom_fences": fences},
        "pymdownx.tabbed": {"alternate_style": True},
    }
    page = markdown.markdown(text.removeprefix("\ufeff"), extensions=EXTENSIONS, extension_configs=settings)
    return re.sub("<!--.*?-->", "", page, flags=re.DOTALL)


def marked(page: str) -> Counter[str]:
    return Counter(html.unescape(mark) for mark in re.findall("<mark>(.*?)</mark>", page, re.DOTALL))


def unseen(page: Page, text: str) -> Counter[str]:
    """Count what would run although the site does not show it as a code block of its own."""
    # Python-Markdown makes spaces of tabs before it looks at anything.
    runs = Counter(snippet.content.expandtabs(4).removesuffix("\n") for snippet in page.snippets)
    return runs - marked(site(text))


@cases("extract", "snippets")
def test_what_runs_is_a_code_block_on_the_site(case: Case) -> None:
    assert not unseen(read(PATH, case["page"]), case["page"])


def docker_fences(text: str) -> int:
    return sum(
        any(line.startswith("$ docker") for line in fence.lines) for fence in read_outline(normalised(text)).fences
    )


@cases("extract", "errors", "as text|for text|takes this")
def test_what_is_said_to_be_text_on_the_site_is_text(case: Case) -> None:
    assert marked(site(case["page"])).total() < docker_fences(case["page"])


@cases("extract", "errors", "outside the list")
def test_what_is_said_to_be_outside_the_list_on_the_site_is_outside(case: Case) -> None:
    page = site(case["page"])
    assert marked(page).total() == docker_fences(case["page"])
    assert not re.search(r"<li>(?:(?!</li>).)*<mark>", page, re.DOTALL)


_CONTAINERS = st.lists(
    st.sampled_from([("- item", 4), ("1. item", 4), ("!!! note", 4), ('=== "Tab"', 4), ("> quote", -1)]), max_size=3
)
_MARKUP = st.sampled_from(["```", "````", "~~~"])
_INFO = st.sampled_from(["console", "console {exit=0}", 'console title="x"', "shell-session"])
_INSIDE = st.lists(st.sampled_from(["out", "", "  deep", "# x", "- x", "!!! note", "> x"]), max_size=4)


@st.composite
def stacked(draw: st.DrawFn) -> str:
    """A fence at the place in nested containers where both dialects of Markdown look for it."""
    lines, prefix = [], ""
    for opener, indent in draw(_CONTAINERS):
        lines += [prefix + opener, (prefix + ">" * (indent < 0)).rstrip()]
        prefix += "> " if indent < 0 else " " * indent
    markup = draw(_MARKUP)
    inside = ["$ docker ps", *draw(_INSIDE)]
    fence = [markup + draw(_INFO), *inside, markup]
    return "\n".join([*lines, *((prefix + line).rstrip() for line in fence)]) + "\n"


@given(stacked())
def test_a_fence_where_both_dialects_see_it_runs_and_is_on_the_site(text: str) -> None:
    page = read(PATH, text)
    assert len(page.snippets) == 1
    assert not unseen(page, text)


_OPENERS = st.sampled_from([
    *("- item", "1. item", "-   item", "!!! note", "??? tip", '=== "Tab"', "> quote", ":   a definition"),
    *("[^1]: a footnote", "[^2]: another", "text", "-   ", "    code", "* * item", "-   -   !!! note"),
])  # fmt: skip
_DEEPER = st.sampled_from([*["    "] * 8, "  ", "   ", "", "        ", "> "])


@st.composite
def nested(draw: st.DrawFn) -> str:
    """Lists, blocks and quotes in each other, with fences in and between them, well indented or not."""
    lines: list[str] = []
    prefix = ""
    for number, opener in enumerate(draw(st.lists(_OPENERS, min_size=1, max_size=5))):
        if number and lines[-1].strip().startswith(("-", "1")) and draw(st.integers(0, 3)) == 0:
            lines[-1] = lines[-1].replace(" item", "").ljust(len(prefix)) + opener
        else:
            lines.append(prefix + opener)
        lines += [prefix.rstrip()] * draw(st.sampled_from([1, 1, 1, 0, 2, 3]))
        lines += ["# A heading ends what is open", ""] * (draw(st.integers(0, 7)) == 0)
        prefix += draw(_DEEPER) + "> " * opener.startswith(">")
        prefix = prefix[: len(prefix) - 4 * (draw(st.integers(0, 4)) == 0)]
        lines += [(prefix + line).rstrip() for line in ("```console", f"$ docker ps {number}", "```")]
        lines += [""] * draw(st.integers(0, 2))
    return "\n".join(lines) + "\n"


@settings(max_examples=300)
@given(nested())
@example("[^1]: a footnote\n\n\n    ```console\n    $ docker ps\n    ```\n")
@example("[^1]: a\n\n    ```console\n    $ docker ps\n    ```\n\n# H\n\n[^1]: b\n")
@example("-   -   !!! note\n\n            ```console\n            $ docker ps\n            ```\n")
def test_the_site_shows_the_fences_that_are_said_to_be_shown(text: str) -> None:
    page, wrong = outcome(text)
    assert not (page and unseen(page, text))
    lines = normalised(text)
    blocks = find_blocks(lines)
    texts = TextFences(lines, blocks, None)
    said = {problem.line for problem in wrong if re.search("as text|is text", problem.message)}
    assert said.isdisjoint(block.line for block in blocks if block.line not in texts)
    shown = Counter(lines[block.line].lstrip("> ") for block in blocks if block.line not in texts)
    assert shown == marked(site(text))


@pytest.mark.parametrize(
    ("opener", "extension"), [("/// note\n- a", "pymdownx.blocks.admonition"), ("[^1]: a", "markdown.extensions.extra")]
)
def test_what_makes_blocks_is_what_the_site_has(opener: str, extension: str) -> None:
    lines = f"{opener}\n\n    ```console\n    $ docker ps\n    ```\n///\n".split("\n")
    blocks = find_blocks(lines)
    assert blocks[0].line not in TextFences(lines, blocks, [extension, "of.others"])
    assert blocks[0].line in TextFences(lines, blocks, ["admonition"])


FRAGMENTS = st.lists(
    st.sampled_from(
        """
        ```console|````console {exit=0}|~~~ console|```|````|~~~|$ docker ps|$ docker ps \\|> --all|? 3|$ cat <<EOF
        EOF|$ echo 'it|out|- item|1. item|> quote|!!! note|=== "Tab"|??? tip|<!--|-->|---|snippetrun:|  skip: x|# Title
        text||$|$ x|\u200b$ docker|```sh {file=a}|```{r, x}|\tx|<div>||    x|- ```console|```console skip|a: [
        -   !!! note
        me@box:~$ docker ps|/ # ls|/ # exit|$docker ps|$ docker run -it x sh|$ docker run <x>|docker ps|$ docker x ^
        ```py title="x"|~~~py x="y"|```py hl_lines="a"|``` {.x}|```c++ {x|``` x y| ```|>```|> > ```|>  ```|```  |
        """.replace("\n        ", "|").split("|")
    ),
    max_size=12,
)


@st.composite
def ragged(draw: st.DrawFn) -> str:
    """Lines that belong to a page, in any order and at any indentation."""
    indents = st.sampled_from(["", "", "", "  ", "    ", "        ", "> ", ">", "\t"])
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return end.join(draw(indents) + fragment for fragment in draw(FRAGMENTS)) + draw(st.sampled_from(["", end]))


def outcome(text: str) -> tuple[Page | None, tuple[Problem, ...]]:
    try:
        return read(PATH, text), ()
    except PageError as error:
        return None, error.problems


@given(st.one_of(st.text(), ragged()))
def test_any_text_is_a_page_or_a_page_error(text: str) -> None:
    page, wrong = outcome(text)
    total = len(re.split("\r\n|\r|\n", text))
    assert bool(page) is not bool(wrong)
    assert all(1 <= problem.line <= total and problem.path == PATH for problem in wrong)
    assert all(1 <= finding.line <= total for finding in (page.findings if page else ()))


@given(ragged())
@example("> ```\n>\n  left of a quote below a blank line\n> ```")
@example("> ```\n>> deeper quote\n> ```")
@example("> ```\n  left of a quote\n> ```")
@example("```\n```` longer\n```` \n```   ")
def test_superfences_sees_what_our_model_of_it_sees(text: str) -> None:
    # The blank line above keeps Python-Markdown from overlooking a first line that is made of spaces.
    lines = ["", *normalised(text)]
    blocks: list[tuple[int, int]] = []
    preprocessors: Any = markdown.Markdown(extensions=["pymdownx.superfences"]).preprocessors
    judge = preprocessors["fenced_code_block"]
    judge._store = lambda _source, _code, start, end: blocks.append((start + 1, end))
    judge.run(preprocessors["normalize_whitespace"].run(lines))
    assert [(block.line, block.end_line) for block in find_blocks(lines)] == blocks


@given(st.one_of(ragged(), stacked()))
def test_lines_are_those_of_the_file(text: str) -> None:
    page, _ = outcome(text)
    lines = re.split("\r\n|\r|\n", text)
    for snippet in page.snippets if page else ():
        opener, closer = lines[snippet.line - 1], lines[snippet.end_line - 1]
        assert re.match("`{3}|~{3}", opener.removeprefix(snippet.prefix))
        assert re.fullmatch(r"[> \t]*(?:`{3,}|~{3,})[ \t]*", closer)
        for command in (command for command in snippet.commands if command.text):
            first = command.text.split("\n")[0]
            assert lines[command.line - 1].endswith(f"$ {first}")
            assert snippet.line < command.line <= command.end_line < snippet.end_line


@given(st.one_of(st.text(), ragged(), st.text(alphabet="\r\n\ufeffa\x0b\u2028")))
def test_splicing_nothing_changes_nothing(text: str) -> None:
    assert splice(text, []) == text


@given(
    lines=st.lists(st.text(alphabet="ab \u2028\x0c"), min_size=3, max_size=9),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
)
def test_splicing_changes_the_lines_it_names_and_no_others(*, lines: list[str], end: str, last: bool) -> None:
    text = "\ufeff" + end.join(lines) + end * last
    new = Edit(2, 2, ("one", "two", "three"))
    spliced = splice(text, [Edit(1, 1, ("zero",)), new])
    expected = ["zero", "one", "two", "three", *lines[2:]]
    assert spliced == "\ufeff" + end.join(expected) + end * last


def test_a_new_last_line_has_no_end_where_the_old_one_had_none() -> None:
    assert splice("a\r\nb", [Edit(2, 2, ("x", "y"))]) == "a\r\nx\r\ny"


@pytest.mark.parametrize(
    "edits", [[Edit(1, 2, ()), Edit(2, 2, ())], [Edit(3, 3, ())], [Edit(0, 1, ())], [Edit(4, 3, ())]]
)
def test_edits_that_overlap_or_leave_the_text_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="not free"):
        splice("a\nb\n", edits)


@pytest.mark.parametrize("prompt", ['[a "b"]$', r"me@h:~/a\b$", "(venv) $", "%"])
def test_a_hint_lists_a_prompt_as_yaml_says_it(prompt: str) -> None:
    [finding] = read(PATH, f"```console\n$ docker ps\n{prompt} docker images\n```\n").findings
    listed = re.search(r"prompts: (\[.*\])\. If", finding.hint)
    assert listed
    assert yaml.safe_load(listed[1]) == ["$", prompt]


@pytest.mark.parametrize("text", ["> " * 3000, "- " * 3000, "---\na: " + "[" * 9999 + "\n---\n"])
def test_deep_nesting_is_no_crash(text: str) -> None:
    page, wrong = outcome(text + "\n```console\n$ docker ps\n```\n")
    assert page or wrong


def test_options_can_come_from_where_the_front_matter_went() -> None:
    text = "---\na: rule, not front matter: really\n\n---\n\n```console\n$ docker run “x”\n```\n"
    options = PageOptions(skip="old")
    page = read(PATH, text, options=options)
    assert page.options == options
    assert [snippet.line for snippet in page.snippets] == [6]


def test_other_languages_can_be_configured() -> None:
    text = "```term\n$ docker ps\n```\n\n```console\n$ docker ps\n```\n"
    assert [snippet.language for snippet in read(PATH, text, Dialect(("term",))).snippets] == ["term"]


COMPLETE = """
docker ps | grep a && echo b; echo c
echo 'it''s' "a $(echo "b") `echo c`" $'it\\'s' ${x:-"}"}
echo $(( (1 + 2) * 3 )) # '
for i in 1 2; do echo $i; done
case $x in a) echo 1;; (b) echo 2;; esac
if true; then echo a; fi > x 2>&1
{ echo a; }; (echo b)
f() { echo a; }; f
echo `if true; then date`
cat <<< "here" && diff <(echo a) <(echo b)
echo \\' a\\ b #
echo x=(a b) 2>/dev/null
echo a `# a comment` b | cat `# another`
""".strip().split("\n")
INCOMPLETE = [
    "echo 'a",
    'echo "a $(echo',
    "echo `date",
    "echo $(date",
    "echo $((1 +",
    "echo ${x",
    "(echo a",
    "{ echo a",
    "for i in 1 2; do echo $i",
    "case x in a) echo 1;;",
    "if true; then",
    "docker ps |",
    "docker ps &&",
    "true || # comment",
    "cat <<EOF\na\n EOF",
    "cat <<'A' <<-B\nx\nA\n",
    "cat <<EOF \\\nEOF\nx",
    "f() {",
]


def scanned(command: str) -> Scanner:
    scanner = Scanner()
    for line in command.split("\n"):
        scanner.feed(line)
    return scanner


@pytest.mark.parametrize("command", [*COMPLETE, "cat <<'A' <<-B\n$(x\nA\n\tB"])
def test_a_complete_command_misses_nothing(command: str) -> None:
    assert scanned(command).missing == ""


@pytest.mark.parametrize("command", [*INCOMPLETE, "echo a \\"])
def test_an_incomplete_command_says_what_is_missing(command: str) -> None:
    assert scanned(command).missing


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is the judge here")
@pytest.mark.parametrize(("command", "complete"), [*((c, True) for c in COMPLETE), *((c, False) for c in INCOMPLETE)])
def test_bash_says_the_same(*, command: str, complete: bool) -> None:
    checked = subprocess.run(
        ["bash", "-n"],
        input=command + "\n",
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    waits = re.search("unexpected (?:EOF|end of file)|delimited by end-of-file", checked.stderr)
    assert bool(waits) is not complete, checked.stderr


@pytest.mark.parametrize(
    "command",
    [
        "docker ps",
        "/usr/bin/docker ps",
        "docker-compose up",
        "FOO=1 BAR=2 docker ps",
        "sudo -u root -E docker ps",
        "env -u A B=1 docker ps",
        "timeout -k 5 10s docker ps",
        "time docker ps",
        "printf x | docker secret create a -",
        "cd app && docker build .",
        "true; ! docker ps",
        "(docker ps)",
        "{ docker ps; }",
        "echo $(docker ps -q)",
        'echo "$(docker ps -q)"',
        "echo `docker ps -q`",
        "diff <(docker ps) x",
        "X=$(docker ps -q)",
        "if docker ps; then echo a; fi",
        "if true; then docker ps; fi",
        "for i in 1; do docker ps; done",
        "docker ps -q | xargs -n 1 docker rm",
        "2>/dev/null docker ps",
        "cat <<EOF |\na\nEOF\ndocker load",
        "f() { docker ps; }",
    ],
)
def test_docker_in_command_position(command: str) -> None:
    assert runs_docker(command)


@pytest.mark.parametrize(
    "command",
    [
        "echo docker",
        "sudo systemctl start docker",
        "curl -o docker https://example.com",
        "cat > docker",
        "cat <<EOF\ndocker ps\nEOF",
        "echo 'a; docker ps'",
        "# docker ps",
        "true # ; docker ps",
        "dockerd --version",
        "for docker in a; do echo; done",
    ],
)
def test_docker_elsewhere(command: str) -> None:
    assert not runs_docker(command)

"""Lines of a fence that look as if they should run and do not: behind the prompts of other hosts, or behind none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from snippetrun.config.yaml_text import scalar
from snippetrun.errors import Problem
from snippetrun.extract.shell_syntax import runs_docker

# docker ps, sudo docker-compose up, DOCKER_BUILDKIT=1 docker build .
_DOCKER = r"(?:\w+=\S*[ ]+)*(?:sudo[ ]+)?docker(?:-compose)?(?=[ ]|$)"
# (venv) $ ls; [manager1]$ ls, [user@host dir]# ls; user@host:~$ ls, root@<id>:/# ls, me@mac ~ % ls, me@box ~> ls;
# mac:~ me$ ls; / # ls, ~/app $ ls; bash-5.2# ls; PS C:\> ls, C:\Users\me>ls, PS /home/me> ls;
# and only for docker: $docker ps, # docker ps, host> docker ps, [node1] $ docker ps, and with an arrow: -> ~ docker ps
_PROMPT = re.compile(
    rf"""
    (?P<host>
        \( [\w. -]{{1,60}} \) [ ]? [$\#%]
      | (?: \( [\w. -]{{1,60}} \) [ ]? )?
        (?: \[ (?=[A-Za-z]) [^][]{{1,60}} \] [$\#%]
          | [\w.-]{{1,60}} @ (?: <[\w-]+> | [^\s$\#%>] ){{1,80}} (?: [ ] [~/] [\w./~-]{{0,80}} )? [ ]? [$\#%>]
          | [\w.-]{{1,60}} : [~/] [\w./~-]{{0,80}} [ ] [\w.-]{{1,40}} [$\#]
          | (?: [~/] [\w./~-]{{0,80}} [ ]? | \w{{0,5}}sh-[\d.]+ ) [$\#%] )
      | (?: PS [ ] )? [A-Za-z]: \\ [^>]{{0,80}} > (?P<windows>)
      | PS (?: [ ] [^>]{{1,80}} )? >
    ) (?: [ \t]+ | (?(windows)|(?!)) ) (?P<any> \S )
  | (?P<docker> (?: \[ [^][]{{1,60}} \] [ ] | [~/] [\w./~-]{{0,60}} [ ] | [\w.:~-]{{0,60}} ) [$\#%>\u276f]
      | [\u279c\u03bb] (?: [ ]+ [\w./~-]{{1,60}} )?? ) [ \t]* {_DOCKER}
    """,
    re.VERBOSE,
)
# what stands before docker in `docker ps`, `% docker ps` and `    docker ps`
_SIGN = re.compile(r"\s*(?:[$#%>] )?")
# docker run -i, docker attach web, docker exec web, ssh host, sh
_OPENS_SHELL = re.compile(r"(?:^|\s)(?:-(?=[A-Za-z]*i)[A-Za-z]++|--interactive\S*|attach|exec|ssh|su|\S*sh)(?:\s|$)")
# the optional parts in docker rm [OPTIONS] CONTAINER [CONTAINER...], and the rest of docker --debug ...; but neither
# those of [ -e x ], nor the files in [ab]*
_OPTIONAL = re.compile(r"\s(?:\[(?=[^\s\]])[^][]*(?:\[[^][]*\][^][]*)*\](?=\s|$|\.\.\.)|\.\.\.(?:\s|$))")
# docker run ^, which cmd.exe continues in the next line, or a backtick in its place, as in PowerShell
_CONTINUED = re.compile(r"\s([\^`])\s*$")
# the prompt of root, or of busybox's shell: root@3f2a:/# ls, / $ ls
_IN_CONTAINER = re.compile(r".*#|/.*")
# / # exit, or a key that leaves
_LEAVES = re.compile(r".*[#$>] *(?:exit|logout|\^D|\^P\^Q)\s*|\^D|\^P\^Q")
_OUTPUT = "If it is output, write `...` for it."


def find_prompted(lines: Iterable[tuple[int, str]], prompts: Sequence[str], above: str = "") -> Iterator[Problem]:
    """Find commands behind other prompts among numbered lines, which are written under the command `above`.

    Where that may have opened a shell, what is behind its prompts is typed into it, but for the prompt of a host.
    """
    for number, line in lines:
        match = _PROMPT.match(line)
        if not match:
            continue
        prompt = match["host"] or match["docker"]
        is_host = bool(match["host"]) and prompt[-1] != "#" and re.match(_DOCKER, line[match.start("any") :])
        if is_host or not _OPENS_SHELL.search(above):
            yield _problem(number, prompt, prompts)


def with_prompt(line: str, prompts: Sequence[str]) -> str:
    """Return a line with the site's own prompt for that of a user of another host; "" if it has none."""
    match = _PROMPT.match(line)
    prompt = (match["host"] or match["docker"]) if match else ""
    return f"{prompts[0]} {line[len(prompt) :].lstrip()}" if prompt and prompt[-1] in "$%" else ""


def is_on_host(line: str) -> bool:
    """Whether a line has the prompt of a host, which no command of a script begins with."""
    match = _PROMPT.match(line)
    return bool(match and match["host"] and match["host"][-1] != "#")


def is_synopsis(line: str) -> bool:
    """Whether a line tells in general how a docker command is written, and is none itself."""
    return bool(re.match(rf"\s*{_DOCKER}", line) and _OPTIONAL.search(line))


def is_in_container(lines: Iterable[str]) -> bool:
    """Whether lines begin with the prompt of a shell in a container."""
    return bool(prompt_in_container(next((line for line in lines if line.strip()), "")))


def prompt_in_container(line: str) -> str:
    """Return the prompt of a shell in a container that a line has, with the blank behind it; "" if it has none."""
    match = _PROMPT.match(line)
    return line[: match.start("any")] if match and match["host"] and _IN_CONTAINER.fullmatch(match["host"]) else ""


def leaves(written: Iterable[str]) -> bool:
    """Whether a shell is left in what is written under the command that has opened it."""
    return any(_LEAVES.fullmatch(line) for line in written)


def _problem(number: int, prompt: str, prompts: Sequence[str]) -> Problem:
    start = f"`{prompts[0]} `"
    if prompt in prompts:
        message, hint = f"no blank stands between `{prompt}` and the command", f"Write {start}, or it does not run."
    elif prompt[-1] == ">":
        message = f"`{prompt}` is no prompt of this site"
        hint = f"This line does not run. Write {start} in its place, and what a shell of Linux takes."
    else:
        message = f"`{prompt}` is no prompt of this site"
        listed = ", ".join(map(scalar, (*prompts, prompt)))
        hint = f"This line does not run. Write {start} in its place, or in mkdocs.yml: prompts: [{listed}]."
        if prompt[-1] == "#":
            hint += " If it is typed into a shell that is open, write {term=main} after the language."
    return Problem(message, f"{hint} {_OUTPUT}", line=number)


def find_above(lines: Sequence[tuple[int, str]], prompts: Sequence[str]) -> Iterator[Problem]:
    """Find what stands above the first prompt of a fence, and is no comment: it belongs to no command."""
    problems = list(find_prompted(lines, prompts))
    text = [number for number, line in lines if line.strip() and not line.startswith("#")]
    if text and not problems:
        hint = f"Write `{prompts[0]} ` before it, or `# ` if it is a comment, or move it out of the fence."
        problems.append(Problem("a line stands above the first prompt, and belongs to no command", hint, line=text[0]))
    yield from problems


def find_unprompted(lines: Sequence[tuple[int, str]], prompts: Sequence[str]) -> Iterator[Problem]:
    """Find the commands of a fence in which no line has a prompt."""
    problems = list(find_prompted(lines, prompts))
    docker = [number for number, line in lines if runs_docker(_SIGN.sub("", line, count=1)) and not is_synopsis(line)]
    if docker and not problems:
        hint = f"Write `{prompts[0]} ` before each command, as the first characters of its line."
        problems.append(Problem("nothing in this fence runs: no line starts with a prompt", hint, line=docker[0]))
    yield from problems


def find_continued(number: int, line: str, *, unfinished: bool) -> Problem | None:
    """Tell whether the first line of a command ends in what continues it on other systems alone."""
    match = _CONTINUED.search(line)
    if not match or (match[1] == "`" and not unfinished):
        return None
    sign = "`^`" if match[1] == "^" else "a backtick"
    return Problem(f"{sign} does not continue a command here", "Write \\ in its place.", line=number)

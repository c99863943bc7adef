"""What came out against what the author expected: the judgement of each command."""

from __future__ import annotations

import re
from collections.abc import Sequence

from snippetrun.model import Command, Ending, Outcome, Page, Recorded, Snippet, Verdict

# How the docker command and BuildKit say that an engine has not got an image and cannot fetch it.
_NO_IMAGE = (
    re.compile(r"Unable to find image '([^']+)' locally"),
    re.compile(r"failed to resolve source metadata for (?:docker\.io/(?:library/)?)?([\w./:-]+)"),
    re.compile(r'failed to resolve reference "(?:docker\.io/(?:library/)?)?([\w./:-]+)"'),
)


def judge(page: Page, recorded: Sequence[Sequence[Recorded]]) -> tuple[tuple[Verdict, ...], ...]:
    """Return a verdict for every command of the page: one entry for each snippet.

    `recorded` has what was reached, one entry for each snippet that was.
    """
    return tuple(
        _judge_snippet(page, snippet, recorded[index] if index < len(recorded) else ())
        for index, snippet in enumerate(page.snippets)
    )


def _judge_snippet(page: Page, snippet: Snippet, recorded: Sequence[Recorded]) -> tuple[Verdict, ...]:
    skip = page.options.skip or snippet.options.skip
    if skip is not None:
        return tuple(Verdict(Outcome.SKIPPED, c.line, c.text, skip) for c in snippet.commands)
    reached = [_judge_command(c, r) for c, r in zip(snippet.commands, recorded, strict=False)]
    missed = [Verdict(Outcome.NOT_REACHED, c.line, c.text) for c in snippet.commands[len(reached) :]]
    return (*reached, *missed)


def _judge_command(command: Command, recorded: Recorded) -> Verdict:
    wrong, hint = _what_is_wrong(command, recorded)
    outcome = Outcome.FAILED if wrong else Outcome.PASSED
    return Verdict(outcome, command.line, command.text, wrong, hint)


def _what_is_wrong(command: Command, recorded: Recorded) -> tuple[str, str]:
    match recorded.ending:
        case Ending.TIMED_OUT:
            return (
                f"still running after {recorded.seconds:.0f} s",
                "If it needs longer, give its fence {timeout=...}; if it waits for somebody, it needs input or a key.",
            )
        case Ending.UNFINISHED:
            return (
                "the shell waits for the rest of it",
                "Close the quote or the heredoc; go on in the next line with `> ` or a trailing backslash.",
            )
        case Ending.SHELL_GONE:
            return "it ended the page's shell", "Leave `exit` and `exec` out, or put them into (parentheses)."
    if recorded.status == command.status:
        return "", ""
    hint = missing_image(recorded.output) if command.status == 0 else ""
    return f"exit status {recorded.status}, expected {command.status}", hint


def missing_image(output: str) -> str:
    """Return what to do about an image that the page's engine had not got; "" if the output speaks of none."""
    for pattern in _NO_IMAGE:
        if match := pattern.search(output):
            return f"The page's engine has no image {match[1]}: list it under images: in mkdocs.yml."
    return ""

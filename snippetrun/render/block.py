"""One fence -> one block of HTML: what was typed, and what really came out.

The outside is the shape that Material for MkDocs gives its own code blocks, `div.highlight > pre > code`, so
that its spacing, tabs, scrolling and copy button apply. The inside is a flat list of steps, one for each
command. Read as bare text, without the stylesheet, the block is a terminal session.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from snippetrun.model import Outcome, PieceKind
from snippetrun.render.ansi import to_html
from snippetrun.render.columns import in_columns
from snippetrun.render.markup import Html
from snippetrun.render.play import timings
from snippetrun.support.masks import masked
from snippetrun.support.neutralise import visible
from snippetrun.support.sgr import uncoloured
from snippetrun.support.units import listed
from snippetrun.terminal.inputs import without_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from snippetrun.model import Command, CommandResult, Piece, Snippet, Verdict
    from snippetrun.render.ansi import Spans

_AS_SHOWN: Final = frozenset({Outcome.PASSED, Outcome.DIFFERS})
_PROMPT: Final = Html('<span class="sr-prompt">$ </span>')
# # (1)!, at the end of a line: a code annotation of Material, whose script looks for it in a comment
_ANNOTATION: Final = re.compile(r"[ \t]*#[ \t]*\(\d+\)!?[ \t]*$", re.MULTILINE)
# ^C, in ^C^D
_KEY: Final = re.compile(r"\^.")
_CONTINUED: Final = Html('<span class="sr-prompt">&gt; </span>')
_SCREEN: Final = 40
"""Lines of output that are shown at once; of what is longer the first, until the reader asks for all of it."""
_FOLD: Final = Html('<label class="sr-fold"><input type="checkbox" autocomplete="off"> all {} lines</label>\n')


def snippet(  # noqa: PLR0913 - all that is known of a fence
    snippet: Snippet,
    recorded: Sequence[CommandResult],
    verdicts: Sequence[Verdict],
    varies: Sequence[Spans] = (),
    also: Sequence[str] = (),
    *,
    state: str = "",
    play: bool = True,
) -> str:
    """Return the block that stands where the fence stood; it holds no blank line of its own making.

    `recorded`, `verdicts` and `varies` belong to the commands of the snippet by position; each may end early: a
    command without a recording was not reached, one without a verdict is shown as it ran. `varies` says what of the
    output another run has otherwise; `also` names other engines on which it was the same; `state` is what becomes of
    the block now; `play` is whether a script may play it. What is hidden is an empty string.
    """
    if snippet.options.hide:
        return ""
    reason = _why_skipped(snippet, verdicts)
    if reason is not None:
        return _block(snippet, _unrun(snippet), f"Not run: {reason}" if reason else "Not run")
    if not snippet.commands:
        return _block(snippet, [_content(snippet)])
    count = len(snippet.commands)
    steps = zip_longest(snippet.commands, recorded[:count], verdicts[:count], varies[:count])
    label = ". ".join(filter(None, [state, f"Terminal: {snippet.options.term}" if snippet.options.term else ""]))
    moments = timings(recorded[:count]) if play else ""
    return _block(snippet, (_step(*step) for step in steps), label, recorded, also, moments)


def _why_skipped(snippet: Snippet, verdicts: Sequence[Verdict]) -> str | None:
    """Return why nothing of the snippet ran, by its own braces or by its page's front matter."""
    if snippet.options.skip is not None:
        return snippet.options.skip
    if verdicts and all(verdict.outcome is Outcome.SKIPPED for verdict in verdicts):
        return verdicts[0].message
    return None


def _block(  # noqa: PLR0913, PLR0917 - all that a block has
    snippet: Snippet,
    steps: Iterable[Html],
    label: str = "",
    recorded: Sequence[CommandResult] = (),
    also: Sequence[str] = (),
    moments: str = "",
) -> str:
    copied = _copied(snippet, recorded)
    # Material's class `filename` is what it styles and places above a block, as it does for a title.
    looks = snippet.appearance
    above = Html('<span class="filename">{}</span>').format(looks.title) if looks.title else Html()
    above += Html('<span class="sr-label filename">{}</span>').format(label) if label else Html()
    # Material's copy button takes `data-copy` from the nearest ancestor that has it. `nohighlight` keeps
    # highlight.js, which MkDocs's own themes bring along, from flattening the block to colour it anew.
    classes = " ".join((*looks.classes, "snippetrun", "highlight", *(() if copied else ("no-copy",))))
    identity = Html(' id="{}"').format(looks.id) if looks.id else ""
    below = (
        Html('<div class="sr-also" data-search-exclude>also checked on {}</div>').format(listed(also))
        if also
        else Html()
    )
    play = Html(' data-play="{}"').format(moments) if moments else Html()
    block = Html('<div{} class="{}">{}<pre><code class="nohighlight" data-copy="{}"{}>{}</code></pre>{}</div>')
    return str(block.format(identity, classes, above, _one_line(copied), play, Html().join(steps), below))


def _copied(snippet: Snippet, recorded: Sequence[CommandResult]) -> str:
    """Return what a reader copies: the commands, or what was typed into the one that is open; empty for keys alone."""
    if not snippet.commands:
        return snippet.content
    shown = zip_longest(snippet.commands, recorded[: len(snippet.commands)])
    commands = [result.command if result else command.text for command, result in shown if command.text]
    commands = [_ANNOTATION.sub("", command) for command in commands]
    typed = (piece.text.rstrip("\n") for result in recorded for piece in result.pieces if piece.kind is PieceKind.INPUT)
    return "\n".join(commands or filter(None, typed))


def _one_line(attribute: str) -> Html:
    """Newlines as references: whoever handles the page by lines must not break an attribute."""
    return Html.escape(attribute).replace("\n", Html("&#10;"))


def _unrun(snippet: Snippet) -> Iterable[Html]:
    """Yield what the author wrote, in the shape of what would have run."""
    if not snippet.commands:
        yield _content(snippet)
    for command in snippet.commands:
        yield _wrap(
            "skipped",
            _command(command.text),
            _output("\n".join(map(without_secret, command.written))),
        )


def _content(snippet: Snippet) -> Html:
    """Return what a fence without commands holds: nothing typed, and nothing that came out."""
    return _wrap("content", Html.escape(snippet.content))


def _step(command: Command, recorded: CommandResult | None, verdict: Verdict | None, varies: Spans | None) -> Html:
    """Return one command, what came out of it, and what a reader must know about it."""
    late = _wrap("late", _output(recorded.output_before)) if recorded and recorded.output_before else Html()
    parts = [_command(recorded.command if recorded else command.text)] if command.text else []
    outcome = verdict.outcome if verdict else Outcome.PASSED if recorded else Outcome.NOT_REACHED
    if recorded:
        parts += [_transcript(recorded, varies or ())]
        if recorded.truncated_bytes:
            parts += [_mark("cut", f"... {recorded.truncated_bytes:,} more bytes were cut")]
        expected = recorded.status == command.status or (verdict is not None and outcome in _AS_SHOWN)
        if recorded.status and expected:  # ^C, for instance, allows one that nobody wrote
            parts += [_mark("exit", f"exit status {recorded.status}")]
    reason = verdict.message if verdict else ""
    if outcome is Outcome.FAILED:
        parts += [_mark("problem", f"Failed: {reason}" if reason else "Failed")]
    elif outcome is Outcome.STALE:
        parts += [_mark("unrun", f"Stale: {reason}")]
    elif outcome is Outcome.DIFFERS:
        parts += [_mark("other", reason)]
    elif outcome is not Outcome.PASSED:
        parts += [_mark("unrun", f"Not run: {reason}" if reason else "Not run")]
    return late + _wrap(outcome.value.replace(" ", "-"), *parts)


def _wrap(state: str, *parts: Html) -> Html:
    return Html('<span class="sr-step sr-{}">{}</span>').format(state, Html().join(parts))


def _command(typed: str) -> Html:
    if not typed:
        return Html()
    first, *rest = (_annotated(line) for line in typed.split("\n"))
    below = Html().join(Html('\n<span class="sr-more">{}{}</span>').format(_CONTINUED, line) for line in rest)
    return Html('<span class="sr-command">{}{}{}</span>\n').format(_PROMPT, first, below)


def _annotated(line: str) -> Html:
    annotation = _ANNOTATION.search(line)
    if annotation is None:
        return Html.escape(line)
    return Html('{}<span class="c1">{}</span>').format(line[: annotation.start()], annotation[0])


def _transcript(recorded: CommandResult, varies: Spans) -> Html:
    """Return output with what was typed in between. Searches find it if something was typed, or if it is an error's."""
    shown, start = Html(), 0
    for piece in recorded.pieces:
        end = start + len(uncoloured(piece.text))
        shown += _piece(
            piece, [(max(a, start) - start, min(b, end) - start) for a, b in varies if a < end and b > start]
        )
        start = end
    typed = any(piece.kind is not PieceKind.OUTPUT for piece in recorded.pieces)
    return _wrapped_output(shown, searched=bool(recorded.status) or typed)


def _piece(piece: Piece, varies: Spans) -> Html:
    if piece.kind is PieceKind.OUTPUT:
        return _printed(piece.text, varies)
    text = piece.text.rstrip("\n")
    end = piece.text[len(text) :]
    if piece.kind is PieceKind.KEYS:
        return Html().join(Html('<span class="sr-key">{}</span>').format(key) for key in _KEY.findall(text)) + end
    return (Html('<span class="sr-typed">{}</span>').format(to_html(text, varies)) if text else Html()) + end


def _output(text: str) -> Html:
    return _wrapped_output(_printed(text))


def _printed(text: str, varies: Spans = ()) -> Html:
    return in_columns(uncoloured(visible(masked(text))), to_html(text, varies))


def _wrapped_output(shown: Html, *, searched: bool = False) -> Html:
    if not shown:
        return Html()
    # Material's search ends what is left out with the next end of such an element: one of its own, and no span.
    search = Html() if searched else Html(" data-search-exclude")
    # A block does not show the newline at its end as a line; bare text needs it.
    end = "" if shown.endswith(("\n", "\n</span>")) else "\n"
    lines = shown.count("\n") + len(end)
    if lines <= _SCREEN:
        return Html('<samp class="sr-output"{}>{}{}</samp>').format(search, shown, end)
    return Html('<samp class="sr-output sr-long"{}>{}{}</samp>{}').format(search, shown, end, _FOLD.format(lines))


def _mark(kind: str, text: str) -> Html:
    return Html('<span class="sr-mark sr-{}">{}</span>\n').format(kind, text)

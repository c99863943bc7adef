"""Recording -> the foot of its page: what the commands above it really ran on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from snippetrun.render.ansi import to_text
from snippetrun.support.units import counted

if TYPE_CHECKING:
    from snippetrun.model import ImageFact, Recording

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""Not strftime's %B, which follows the locale of whoever builds."""


_SHOW: Final = '<label><input type="checkbox" autocomplete="off"> Show what varies from run to run</label>'
"""The stylesheet heeds it. Without the attribute, a browser that reloads the page remembers that it was checked."""


def footer(recording: Recording, *, varies: bool = False) -> str:
    """Return one line that opens to the versions and images behind the page; empty if no command ran.

    Of a page on which something `varies` it also opens to what shows that.
    It is one line of HTML, and kept out of Material's search index: it would be found on every page.

    Raises:
        ValueError: `recording.when` is no ISO 8601 time.

    """
    count = sum(len(commands) for commands in recording.snippets)
    if not count:
        return ""
    return (
        '<details class="snippetrun-ran-on" data-search-exclude>'
        f"<summary>{_summary(recording, count)}</summary>{_facts(recording)}"
        f"{_SHOW if varies else ''}{_images(recording)}</details>"
    )


def _summary(recording: Recording, count: int) -> str:
    when = _began(recording)
    date = f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
    environment = recording.environment
    stand_ins = sum(bool(image.stand_in) for image in environment.images)
    note = {0: "", 1: "; 1 image is a stand-in"}.get(stand_ins, f"; {stand_ins} images are stand-ins")
    if environment.hub:
        note += ", and so is Docker Hub" if note else "; Docker Hub is a stand-in"
    if environment.network == "internet":
        note += "; the page reached the internet"
    return (
        f"Real output: {counted(count, 'command')} of this page ran on "
        f'<time datetime="{when:%Y-%m-%dT%H:%M:%SZ}">{date}</time> with Docker Engine '
        f"{to_text(environment.engine)} in {_duration(recording.seconds)}{note}"
    )


def _began(recording: Recording) -> datetime:
    return datetime.fromisoformat(recording.when).astimezone(UTC) - timedelta(seconds=round(recording.seconds))


def _facts(recording: Recording) -> str:
    environment = recording.environment
    began, ended = _began(recording), datetime.fromisoformat(recording.when).astimezone(UTC)
    total, boot = _duration(recording.seconds), _duration(recording.boot_seconds)
    facts = {
        "Docker Engine": environment.engine,
        "Linux kernel": environment.kernel,
        "snippetrun": environment.snippetrun,
        "Ran": f"{began:%Y-%m-%d %H:%M:%S} to {ended:%H:%M:%S} UTC",
        "Took": f"{total}, of which {boot} to start the engine",
        "Recorded from": "1 run" if recording.runs == 1 else f"{recording.runs} runs, of which this is the first",
    }
    if environment.hub:
        facts["Docker Hub"] = "a stand-in inside the page's sandbox, with the site's images"
    if environment.network == "internet":
        facts["Network"] = "public addresses of the internet"
    rows = "".join(f"<div><dt>{name}</dt><dd>{to_text(value)}</dd></div>" for name, value in facts.items())
    return f"<dl>{rows}</dl>"


def _images(recording: Recording) -> str:
    if not recording.environment.images:
        return ""
    rows = "".join(_image(image) for image in recording.environment.images)
    # With a class of its own, Material leaves the table alone; the region scrolls, and so takes the focus.
    return (
        '<div class="sr-images" role="region" aria-label="Images" tabindex="0"><table class="sr-table">'
        "<thead><tr><th>Image</th><th>Digest</th><th>Origin</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _image(image: ImageFact) -> str:
    note = ""
    if image.stand_in:
        note = f'<div><span class="sr-stand-in">Stand-in</span> {to_text(image.stand_in)}</div>'
    short = image.digest.removeprefix("sha256:")[:12]
    return (
        f"<tr><td><code>{to_text(image.name)}</code></td>"
        f'<td><code title="{to_text(image.digest)}">{to_text(short)}</code></td>'
        f"<td>{to_text(image.origin)}{note}</td></tr>"
    )


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"

"""Recording -> the foot of its page: what the commands above it really ran on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from snippetrun.model import ImageFact, Network, Recording
from snippetrun.render.markup import Html
from snippetrun.support.units import began, counted

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""Not strftime's %B, which follows the locale of whoever builds."""


_SHOW: Final = Html('<label><input type="checkbox" autocomplete="off"> Show what varies from run to run</label>')
"""The stylesheet heeds it. Without the attribute, a browser that reloads the page remembers that it was checked."""


def footer(
    recording: Recording, *, varies: bool = False, also: Sequence[tuple[str, int]] = (), images: Collection[str] = ()
) -> str:
    """Return one line that opens to the versions and images behind the page; empty if no command ran.

    Of a page on which something `varies` it also opens to what shows that. `also` has the versions of the other engines
    on which the page ran, each with the number of its commands that differ there. Of the images it lists those in
    `images`: the names that the page uses.
    It is one line of HTML, and kept out of Material's search index: it would be found on every page.

    Raises:
        ValueError: `recording.when` is no ISO 8601 time.

    """
    count = sum(len(commands) for commands in recording.snippets)
    if not count:
        return ""
    recording = _with_images(recording, images)
    foot = Html('<details class="snippetrun-ran-on" data-search-exclude><summary>{}</summary>{}{}{}</details>')
    shown = _SHOW if varies else ""
    return str(foot.format(_summary(recording, count), _facts(recording, also, count), shown, _images(recording)))


def _with_images(recording: Recording, names: Collection[str]) -> Recording:
    used = tuple(image for image in recording.environment.images if image.name in names)
    return replace(recording, environment=replace(recording.environment, images=used))


def _summary(recording: Recording, count: int) -> Html:
    when = began(recording.when, recording.seconds)
    date = f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
    environment = recording.environment
    stand_ins = sum(bool(image.stand_in) for image in environment.images)
    note = {0: "", 1: "; 1 image is a stand-in"}.get(stand_ins, f"; {stand_ins} images are stand-ins")
    if environment.hub:
        note += ", and so is Docker Hub" if note else "; Docker Hub is a stand-in"
    if environment.network is Network.INTERNET:
        note += "; the page reached the internet"
    return Html(
        'Real output: {} of this page ran on <time datetime="{:%Y-%m-%dT%H:%M:%SZ}">{}</time> with Docker Engine {}'
        " in {}{}"
    ).format(counted(count, "command"), when, date, environment.engine, _duration(recording.seconds), note)


def _facts(recording: Recording, also: Sequence[tuple[str, int]], count: int) -> Html:
    environment = recording.environment
    start = began(recording.when, recording.seconds)
    ended = start + timedelta(seconds=round(recording.seconds))
    total, boot = _duration(recording.seconds), _duration(recording.boot_seconds)
    facts = {
        "Docker Engine": environment.engine,
        "Linux kernel": environment.kernel,
        "snippetrun": environment.snippetrun,
        "Ran": f"{start:%Y-%m-%d %H:%M:%S} to {ended:%H:%M:%S} UTC",
        "Took": f"{total}, of which {boot} to start the engine",
        "Recorded from": "1 run" if recording.runs == 1 else f"{recording.runs} runs, of which this is the first",
    }
    if environment.hub:
        facts["Docker Hub"] = "a stand-in inside the page's sandbox, with the site's images"
    if environment.network is Network.INTERNET:
        facts["Network"] = "public addresses of the internet"
    for engine, differ in also:
        facts[f"Also checked on {engine}"] = (
            f"{differ} of {counted(count, 'command')} differ" if differ else "nothing differs"
        )
    row = Html("<div><dt>{}</dt><dd>{}</dd></div>")
    return Html("<dl>{}</dl>").format(Html().join(row.format(*fact) for fact in facts.items()))


def _images(recording: Recording) -> Html:
    if not recording.environment.images:
        return Html()
    # With a class of its own, Material leaves the table alone; the region scrolls, and so takes the focus.
    return Html(
        '<div class="sr-images" role="region" aria-label="Images" tabindex="0"><table class="sr-table">'
        "<thead><tr><th>Image</th><th>Digest</th><th>Origin</th></tr></thead><tbody>{}</tbody></table></div>"
    ).format(Html().join(map(_image, recording.environment.images)))


def _image(image: ImageFact) -> Html:
    note = Html('<div><span class="sr-stand-in">Stand-in</span> {}</div>').format(image.stand_in)
    short = image.digest.removeprefix("sha256:")[:12]
    return Html('<tr><td><code>{}</code></td><td><code title="{}">{}</code></td><td>{}{}</td></tr>').format(
        image.name, image.digest, short, image.origin, note if image.stand_in else ""
    )


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"

"""The configuration of a site that has none yet, proposed from what stands in its pages. Nothing of them runs."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from snippetrun import config
from snippetrun.config import Baseline, Renderer, SiteConfig, baseline, shown_path
from snippetrun.config.yaml_text import scalar
from snippetrun.errors import ConfigError, PageError, Problem, UsageError
from snippetrun.extract import files
from snippetrun.extract.fences import read_outline
from snippetrun.extract.info_string import language_of
from snippetrun.extract.lines import normalised
from snippetrun.extract.lookalikes import with_prompt
from snippetrun.extract.prompts import has_prompt, split, split_script
from snippetrun.extract.shell_syntax import runs_docker
from snippetrun.model import Command, Options, Page, Snippet
from snippetrun.support.units import counted
from snippetrun.tasks import plugin_entry, site_pages, used_images
from snippetrun.tasks.edited_file import EditedFile, baseline_of, written
from snippetrun.tasks.status import as_it_stands

_DEFAULTS = SiteConfig(Path(), Path(), "")
_SCRIPTS = frozenset({"bash", "sh", "shell", "zsh"})
"""Languages of fences in which commands may stand without a prompt."""
_EXAMPLES = frozenset({"markdown", "md", "diff", "text", "txt", "plaintext"})
"""Languages of fences that show commands and are no commands themselves: text is never to run."""
_DEBIAN_TAGS = ("latest", "13", "13-slim", "stable", "stable-slim", "trixie", "trixie-slim")
_DEBIAN = frozenset(f"debian:{tag}" for tag in _DEBIAN_TAGS)
"""The names of what can be made without a registry."""
_DOCKERFILE = """ARG BASE=debian:trixie-slim
FROM $BASE
# Where no registry answers, snippetrun makes the base with mmdebstrap. That names no command; pages expect a shell.
CMD ["bash"]
"""
_ZENSICAL = "zensical.toml"
_DIGEST = "docker pull {0} && docker image inspect --format '{{{{index .RepoDigests 0}}}}' {0}"


@dataclass(frozen=True, slots=True)
class PageProposal:
    """A page that would run something, or looks so."""

    page: Page
    problems: tuple[Problem, ...]
    """What keeps it from being read, or from running."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What there is in a tree, and the files that make a site of it."""

    pages: tuple[PageProposal, ...]
    """All of them go into the baseline."""
    images: Mapping[str, int]
    """What the pages use, with the number of pages."""
    scripts: Mapping[str, int]
    """The languages of fences that call docker without a prompt, and do not run, with the number of fences."""
    files: tuple[EditedFile, ...]
    configuration: Path
    by_hand: str
    """What the owner has to write into the configuration, as no lines can be added there; else empty."""


def propose(folder: Path, config_file: Path | None = None) -> Proposal:
    """Read a tree, and return what would make a site of it; raise UsageError where there is one already, or no page.

    Its configuration is the one that is named, or that of the folder, or of the nearest above it.
    """
    site, path = _site(folder.resolve(), config_file)
    texts = {file: text for file in files.find(site) if (text := _text(file)) is not None}
    if not texts and not site.makers:
        hint = "Name the folder that your pages are in: snippetrun init FOLDER"
        raise UsageError(Problem(f"there is no page in {shown_path(site.docs)}/", hint))
    shown = [_shown(text) for text in texts.values()]
    languages = _languages(shown, prompted=True)
    site = replace(site, languages=(*_DEFAULTS.languages, *sorted(languages.keys() - set(_DEFAULTS.languages))))
    scripts = {name: count for name, count in _languages(shown, prompted=False).items() if name not in site.languages}
    pages = tuple(_pages(site, texts))
    images = used_images.used(shown)
    options: dict[str, Any] = {}
    if site.languages != _DEFAULTS.languages:
        options["languages"] = list(site.languages)
    lines = [f"languages: [{', '.join(map(scalar, site.languages))}]"] if options else []
    sources, more, dockerfiles = _images(site.root, images)
    if sources:
        options["images"] = sources
    lines += [*(["images:"] if sources else ["# images:"] if more else []), *more]
    waiting = [site.name_in_docs(proposal.page.path) for proposal in pages]
    edits = [EditedFile(file, None, _DOCKERFILE) for file in dockerfiles]
    edits += [baseline_of(site, waiting)] if waiting else []
    text = _text(path)
    if path.name == config.OWN:
        after: str | None = "\n".join(
            [
                f"docs_dir: {scalar(site.docs.relative_to(site.root).as_posix())}",
                f"renderer: {site.renderer}",
                *lines,
                "",
            ]
        )
    else:
        after = plugin_entry.added(text or "", options, lines)
    by_hand = "" if after else "\n".join(["plugins:", "  - search", *plugin_entry.entry(lines, named=bool(options))])
    if after:
        edits.append(EditedFile(path, text, after))
    return Proposal(pages, images, scripts, tuple(edits), path, by_hand)


def write(proposal: Proposal) -> None:
    """Write the files of a proposal, the configuration last.

    Raises FileError for what cannot be written, and ConfigError if what was written cannot be read; then all is as it
    was.
    """
    with written(proposal.files):
        if not proposal.by_hand:
            config.load(proposal.configuration)


def _site(folder: Path, config_file: Path | None) -> tuple[SiteConfig, Path]:
    """Return the site that a folder is, or is a part of, with the options that it would have, and its configuration."""
    if not folder.is_dir():
        raise UsageError(Problem("there is no such folder", "Name the one that your pages are in.", str(folder)))
    try:
        path = config_file or config.find(folder)
    except ConfigError:
        root = Path.cwd() if folder.is_relative_to(Path.cwd()) else folder
        own, docs = root / config.OWN, _docs_of_zensical(root)
        renderer = Renderer.PYTHON_MARKDOWN if docs else Renderer.COMMONMARK
        waiting = Baseline(root / baseline.NAME)
        site = SiteConfig(root, docs or folder, shown_path(own), renderer=renderer, files=(own,), baseline=waiting)
        return site, own
    if config.look(path):
        raise UsageError(
            Problem("this site is set up already", "See how it stands: snippetrun status", shown_path(path))
        )
    assumed = config.look(path, assumed=True)
    assert assumed  # noqa: S101 - it returns None only where nothing is assumed
    return replace(assumed, baseline=Baseline(assumed.root / baseline.NAME)), path


def _docs_of_zensical(root: Path) -> Path | None:
    """Return the folder of the pages of a site that Zensical renders; None for a folder that is no such site."""
    text = _text(root / _ZENSICAL)
    if text is None:
        return None
    try:
        return Path(root, tomllib.loads(text)["project"].get("docs_dir", "docs"))
    except (tomllib.TOMLDecodeError, LookupError, TypeError, AttributeError) as error:
        path = shown_path(root / _ZENSICAL)
        raise ConfigError(Problem(f"does not say where its pages are: {error}", "It has a [project].", path)) from error


def _text(file: Path) -> str | None:
    """Return the text of a file; None if it is not there, or no text."""
    try:
        return files.text(file)
    except PageError:
        return None


def _shown(text: str) -> Page:
    """Return what a page shows of docker, whatever its fences say, and whether it can run or not."""
    snippets = []
    for fence in read_outline(normalised(text)).fences:
        language = language_of(fence.info)
        lines = [with_prompt(line, _DEFAULTS.prompts) or line for line in fence.lines]
        prompted = has_prompt(lines, _DEFAULTS.prompts)
        commands: Sequence[Command] = ()
        if language not in _EXAMPLES and (prompted or language in _SCRIPTS):
            commands = (split if prompted else split_script)(lines, 1, _DEFAULTS.prompts).commands
        if any(runs_docker(command.text) for command in commands) or "file=" in fence.info:
            content = "\n".join(lines)
            snippets.append(Snippet(language, Options(), fence.line, fence.end_line, "", content, tuple(commands)))
    return Page("", tuple(snippets))


def _languages(pages: Iterable[Page], *, prompted: bool) -> Counter[str]:
    """Return the languages of fences in which docker is called at a prompt, or without one."""
    snippets = (snippet for page in pages for snippet in page.snippets if snippet.commands)
    return Counter(
        snippet.language
        for snippet in snippets
        if has_prompt(snippet.content.split("\n"), _DEFAULTS.prompts) is prompted
    )


def _pages(site: SiteConfig, paths: Iterable[Path]) -> Iterator[PageProposal]:
    for path in paths:
        page, problems = as_it_stands(site, shown_path(path))
        if page.snippets or problems:
            yield PageProposal(page, problems)


def _images(root: Path, names: Iterable[str]) -> tuple[dict[str, Any], list[str], list[Path]]:
    """Return the sources of images, the lines of YAML for all of them, and the Dockerfiles that these need."""
    sources: dict[str, Any] = {}
    lines, dockerfiles = [], dict[Path, None]()
    for name in sorted(names):
        short = name.removesuffix(":latest")
        key = f'"{short}"' if ":" in short else short
        folder = f"images/{'debian' if name in _DEBIAN else short.partition(':')[0].replace('/', '-')}"
        dockerfile = root / folder / "Dockerfile"
        if dockerfile.is_file() or name in _DEBIAN:
            sources[short] = {"build": folder}
            lines.append(f"  {key}: {{build: {folder}}}")
            if not dockerfile.is_file():
                dockerfiles[dockerfile] = None
        else:
            lines += [f"  # To find its digest: {_DIGEST.format(short)}", f'  # {key}: {{pull: "{short}@sha256:..."}}']
    return sources, lines, list(dockerfiles)


def add_made_pages(configuration: Path) -> tuple[str, ...]:
    """Add to the baseline the pages that plugins make, which only a build can show; return them.

    Raises UsageError if MkDocs cannot read the site.
    """
    site = config.load(configuration)
    if not site.makers or site.baseline.path is None:
        return ()
    try:
        paths, unread = {page.path for page in site_pages.read(site) if page.snippets or page.findings}, False
    except PageError as error:
        paths, unread = {problem.path for problem in error.problems}, True
    names = sorted(name for path in paths if not (name := site.name_in_docs(path)).startswith(".."))
    new = tuple(name for name in names if name not in site.baseline.lines)
    if not new:
        return ()
    baseline_of(site, [*site.baseline.lines, *new]).write()
    # What can be read is heard of only once all that cannot is in the baseline.
    return (*new, *(add_made_pages(configuration) if unread else ()))


def described(proposal: Proposal) -> Sequence[str]:
    """Return what a proposal says to people, line by line: what would run and what not, and which images that needs."""
    lines = [_described(page) for page in proposal.pages]
    lines += [
        f"{counted(count, f'{language} fence')} without a prompt: none runs, unless languages: names {language}"
        for language, count in proposal.scripts.items()
    ]
    images = sorted(proposal.images.items())
    if proposal.configuration.with_name(_ZENSICAL).is_file():
        lines.append(f"{_ZENSICAL}: shows what runs once it says: [project.markdown_extensions.snippetrun]")
    lines += [f"image {name.removesuffix(':latest')}: {counted(pages, 'page')}" for name, pages in images]
    return lines


def _described(proposal: PageProposal) -> str:
    commands = sum(len(snippet.commands) for snippet in proposal.page.snippets)
    parts = [f"{counted(len(proposal.page.snippets), 'snippet')}, {counted(commands, 'command')}"] if commands else []
    if proposal.problems:
        first = proposal.problems[0]
        more = f" (and {len(proposal.problems) - 1} more)" if len(proposal.problems) > 1 else ""
        parts.append(f"line {first.line}: {first.message}{more}" if first.line else f"{first.message}{more}")
    return f"{proposal.page.path}: {'; '.join(parts)}"

"""mkdocs.yml, found and read as MkDocs reads it, with the line of each value beside it; snippetrun.yml likewise.

`INHERIT: ../base.yml` takes what the file does not say from another one; `!ENV [NAME, default]` is an environment
variable. Both are MkDocs' own: see its guide, "Configuration Inheritance" and "Environment Variables".
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from mergedeep import merge

from snippetrun.config import zensical_toml
from snippetrun.config.options import Keys, read
from snippetrun.config.parse import PLUGIN, parse
from snippetrun.config.settings import SiteConfig, shown_path
from snippetrun.config.values import folder, is_path
from snippetrun.config.yaml_text import SiteLoader, compose, construct, position, problem
from snippetrun.config.zensical_toml import SNIPPETS
from snippetrun.errors import ConfigError, Problem
from snippetrun.support import bounded
from snippetrun.support.paths import follow_again

OWN = "snippetrun.yml"
"""The configuration of a folder that MkDocs does not render: what else stands under the plugin's name, by itself."""
_FILES = ("mkdocs.yml", "mkdocs.yaml", "properdocs.yml", "properdocs.yaml", OWN)
_OF_THE_SITE = ("docs_dir", "exclude_docs")
"""Keys that stand in either file by themselves."""
# fmt: off
_LEAVE_PAGES_ALONE = frozenset([
    "autorefs", "awesome-nav", "awesome-pages", "git-revision-date-localized", "glightbox", "i18n", "info",
    "literate-nav", "minify", "mkdocstrings", "offline", "optimize", "privacy", "redirects", "search",
    "section-index", "snippetrun", "social", "tags",
])
# fmt: on
_LEAVE_PAGES_ALONE |= {f"material/{name}" for name in _LEAVE_PAGES_ALONE}
"""Plugins after which the fences of a page are those of its file."""
# toc, markdown.extensions.toc, pymdownx.tabbed
_IS_HARMLESS = re.compile(
    r"pymdownx\.(?!(?:snippets|critic)$).*|(?:markdown\.extensions\.)?(?:abbr|admonition|attr_list|codehilite|def_list|extra"
    r"|fenced_code|footnotes|legacy_attrs|legacy_em|md_in_html|meta|nl2br|sane_lists|smarty|snippetrun|tables|toc|wikilinks)"
)
"""Markdown extensions that neither put a fence into a page nor take one away."""
_NAME_IT = "name it: --config-file PATH (pytest: --snippetrun-config PATH, Markdown extension: config_file)"


@dataclass(frozen=True, slots=True)
class _File:
    """A configuration file."""

    path: Path
    values: dict[str, Any]
    node: yaml.Node | None
    """The same with the lines."""


def find(start: Path) -> Path:
    """Return the configuration of a folder, or of the nearest one above it; raise ConfigError if there is none."""
    for path in (above / name for above in (start, *start.parents) for name in _FILES):
        if os.path.isfile(path):  # noqa: PTH113 - raises nothing where a folder may not be searched
            return path
    hint = f"To begin: snippetrun init. If it is somewhere else, {_NAME_IT}"
    raise ConfigError(Problem(f"there is no {_FILES[0]} in {start}, nor above it", hint))


def load(path: Path | None = None) -> SiteConfig:
    """Read a site's configuration; raise ConfigError, with the lines, if it cannot be used.

    Without a path it is that of the folder where the user stands, or of the nearest above.
    """
    try:
        path = path or find(Path.cwd())
    except FileNotFoundError as error:
        raise ConfigError(Problem("the folder where you stand is gone", "Go to that of your site: cd ...")) from error
    site = look(path)
    if site is None:
        hint = f"To begin: snippetrun init. Or add to it:\nplugins:\n  - search\n  - {PLUGIN}"
        raise ConfigError(Problem(f"does not name the plugin {PLUGIN}", hint, shown_path(path)))
    return site


def look(path: Path, *, assumed: bool = False) -> SiteConfig | None:
    """Read the same; return None for a site that does not name the plugin, unless it is `assumed` to name it."""
    follow_again()
    files = _read_all(path)
    values = merge({}, *(file.values for file in reversed(files)))
    above = [] if path.name == OWN else ["plugins", PLUGIN]
    own = {key: value for key, value in values.items() if key not in _OF_THE_SITE}
    options = _options(values.get("plugins")) if above else own
    if options is None and not assumed:
        return None
    docs_dir = [("docs_dir", values.get("docs_dir") or "docs")]
    site, problems = read(docs_dir, {"docs_dir": folder}, lambda keys: _where(files, keys))
    if problems:
        raise ConfigError(*problems)
    root = path.resolve().parent
    parsed = parse(
        options or {},
        root=root,
        docs=root / site["docs_dir"],
        files=[file.path for file in files],
        where=lambda keys: _where(files, [*above, *keys]),
    )
    excluded = values.get("exclude_docs")
    extensions = dict(_entries(values.get("markdown_extensions") if above else zensical_toml.includes(root)))
    makers = tuple(_makers(values, extensions))
    return replace(
        parsed,
        excluded=excluded if isinstance(excluded, str) else "",
        extensions=None if "hooks" in makers or path.name == OWN else tuple(extensions),
        makers=makers,
        includes=_includes(extensions[SNIPPETS] or {}, parsed) if {*makers, "i18n"} == {SNIPPETS, "i18n"} else None,
    )


def _read_all(path: Path) -> list[_File]:
    """Return a file and those that it inherits from, the nearest first."""
    try:
        files = [_read(path)]
    except OSError as error:
        hint = f"Stand in the folder of your mkdocs.yml, or {_NAME_IT}"
        raise ConfigError(Problem(f"cannot be read: {error.strerror}", hint, shown_path(path))) from error
    while "INHERIT" in files[-1].values:
        parent = files[-1].values.pop("INHERIT")
        where = _where(files[-1:], ["INHERIT"])
        if not is_path(parent):
            raise ConfigError(Problem("INHERIT: expects the path of another file", "", *where))
        path = Path(os.path.normpath(files[-1].path.parent / parent))
        if any(os.path.realpath(path) == os.path.realpath(file.path) for file in files):
            raise ConfigError(Problem(f"INHERIT: {parent} inherits from this file", "", *where))
        try:
            files.append(_read(path))
        except OSError as error:
            raise ConfigError(Problem(f"INHERIT: {parent} cannot be read: {error.strerror}", "", *where)) from error
    return files


def _read(path: Path) -> _File:
    """Return a file; raise OSError if there is none, and ConfigError if it is no YAML."""
    try:
        text = bounded.read_bytes(path).decode("utf-8-sig")
        node = compose(text)
        values = construct(node, SiteLoader)
    except UnicodeDecodeError as error:
        raise ConfigError(Problem("is not UTF-8", "Save it as UTF-8.", shown_path(path))) from error
    except yaml.YAMLError as error:
        raise ConfigError(problem(error, "is", text, shown_path(path))) from error
    return _File(path, values if isinstance(values, dict) else {}, node)


def _options(plugins: Any) -> Any:  # noqa: ANN401 - from YAML
    """Return what the site says to the plugin, under `plugins` as a list or as a mapping; None if it is not there."""
    entries = plugins if isinstance(plugins, list) else [plugins]
    for entry in entries:
        if isinstance(entry, dict) and PLUGIN in entry:
            return entry[PLUGIN] or {}
    return {} if PLUGIN in entries else None


def _makers(values: Mapping[str, Any], extensions: Iterable[str]) -> list[str]:
    """Return what may make pages, or put text into them."""
    plugins = [name for name, _ in _entries(values.get("plugins"))]
    makers = [name for name in plugins if name not in _LEAVE_PAGES_ALONE]
    makers += [name for name in extensions if not _IS_HARMLESS.fullmatch(name)]
    makers += ["hooks"] if values.get("hooks") else []
    return [*makers, "i18n"] if makers and "i18n" in plugins else makers


def _includes(options: Mapping[str, Any], site: SiteConfig) -> dict[str, Any] | None:
    """Return the options of pymdownx.snippets, its folders as a list; None if MkDocs alone knows them."""
    paths = options.get("base_path", ["."])
    paths = [paths] if isinstance(paths, str) else paths
    if not isinstance(paths, list) or not all(map(is_path, paths)):
        return None
    # [!relative $docs_dir], parts: MkDocs' own words, and the folder where a generator is started
    known = {"$docs_dir": site.docs, "$config_dir": site.root}
    split = [path.partition("/") for path in paths]
    folders = [Path(known.get(first, site.root / (first or "/")), rest) for first, _, rest in split]
    return {**options, "base_path": [str(folder) for folder in folders]}


def _entries(entries: object) -> Iterator[tuple[str, Any]]:
    """Yield names and options in a list such as `[search, {tags: {}}]`, or in a mapping, of what is not disabled."""
    listed = [{name: options} for name, options in entries.items()] if isinstance(entries, dict) else entries
    for entry in listed if isinstance(listed, list) else ():
        name, options = next(iter(entry.items()), ("", None)) if isinstance(entry, dict) else (entry, None)
        if not (isinstance(options, dict) and options.get("enabled") is False):
            yield str(name), options


def _where(files: Sequence[_File], keys: Keys) -> tuple[str, int, int]:
    """Return the file, the line and the column of a value, or of the nearest that it is a part of."""
    positions = [(position(file.node, keys), file) for file in files]
    (_, line, column), file = max(positions, key=lambda pair: pair[0][0])  # the first that knows most of the keys
    return shown_path(file.path), line, column

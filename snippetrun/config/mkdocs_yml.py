"""mkdocs.yml, found and read as MkDocs reads it, with the line of each value beside it.

`INHERIT: ../base.yml` takes what the file does not say from another one; `!ENV [NAME, default]` is an environment
variable. Both are MkDocs' own: see its guide, "Configuration Inheritance" and "Environment Variables".
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from mergedeep import merge
from yaml_env_tag import construct_env_tag

from snippetrun.config.parse import PLUGIN, Where, parse
from snippetrun.config.settings import SiteConfig, shown_path
from snippetrun.config.values import is_path
from snippetrun.errors import ConfigError, Problem
from snippetrun.support import bounded

FILES = ("mkdocs.yml", "mkdocs.yaml")
_NAME_IT = "name it: --config-file PATH (with pytest: --snippetrun-config PATH)"
_Keys = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class _File:
    """A configuration file."""

    path: Path
    values: dict[str, Any]
    node: yaml.Node | None
    """The same with the lines."""


def find(folder: Path) -> Path:
    """Return the mkdocs.yml of a folder, or of the nearest one above it; raise ConfigError if there is none."""
    for place in (folder, *folder.parents):
        for name in FILES:
            if os.path.isfile(place / name):  # noqa: PTH113 - raises nothing where a folder may not be searched
                return place / name
    hint = f"If it is somewhere else, {_NAME_IT}"
    raise ConfigError(Problem(f"there is no {FILES[0]} in {folder}, nor above it", hint))


def load(path: Path | None = None) -> SiteConfig:
    """Read a site's mkdocs.yml; raise ConfigError, with the lines, if it cannot be used.

    Without a path it is that of the folder where the user stands, or of the nearest above.
    """
    try:
        path = path or find(Path.cwd())
    except FileNotFoundError as error:
        raise ConfigError(Problem("the folder where you stand is gone", "Go to that of your site: cd ...")) from error
    files = _read_all(path)
    values = merge({}, *(file.values for file in reversed(files)))
    options = _options(values.get("plugins"))
    if options is None:
        hint = f"Add to it:\nplugins:\n  - search\n  - {PLUGIN}"
        raise ConfigError(Problem(f"does not name the plugin {PLUGIN}", hint, shown_path(path)))
    root, docs = path.resolve().parent, values.get("docs_dir", "docs")
    if not is_path(docs):
        raise ConfigError(Problem("docs_dir: expects a folder", "", *_where(files, ["docs_dir"])))
    where: Where = lambda keys: _where(files, [PLUGIN, *keys])  # noqa: E731 - it has no name of its own
    return parse(options, root=root, docs=root / docs, files=[file.path for file in files], where=where)


def _read_all(path: Path) -> list[_File]:
    """Return a file and those that it inherits from, the nearest first."""
    try:
        files = [_read(path)]
    except OSError as error:
        hint = f"Stand in the folder of your mkdocs.yml, or {_NAME_IT}"
        raise ConfigError(Problem(f"cannot be read: {error.strerror}", hint, shown_path(path))) from error
    while "INHERIT" in files[-1].values:
        parent = files[-1].values.pop("INHERIT")
        place = _where(files[-1:], ["INHERIT"])
        if not is_path(parent):
            raise ConfigError(Problem("INHERIT: expects the path of another file", "", *place))
        path = Path(os.path.normpath(files[-1].path.parent / parent))
        if any(os.path.realpath(path) == os.path.realpath(file.path) for file in files):
            raise ConfigError(Problem(f"INHERIT: {parent} inherits from this file", "", *place))
        try:
            files.append(_read(path))
        except OSError as error:
            raise ConfigError(Problem(f"INHERIT: {parent} cannot be read: {error.strerror}", "", *place)) from error
    return files


def _read(path: Path) -> _File:
    """Return a file; raise OSError if there is none, and ConfigError if it is no YAML."""
    shown = shown_path(path)
    try:
        text = bounded.read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(Problem("is not UTF-8", "Save it as UTF-8.", shown)) from error
    try:
        bounded.check(text)
        node = yaml.compose(text, _Loader)
        values = _Loader(text).get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        raise ConfigError(Problem(f"is no valid YAML: {getattr(error, 'problem', error)}", "", shown, line)) from error
    except (ValueError, AttributeError) as error:  # PyYAML's, for a date such as 2026-99-99
        raise ConfigError(Problem(f"holds a value that YAML cannot read: {error}", "Quote it.", shown)) from error
    return _File(path, values if isinstance(values, dict) else {}, node)


def _options(plugins: Any) -> Any:  # noqa: ANN401 - from YAML
    """Return what the site says to the plugin, under `plugins` as a list or as a mapping; None if it is not there."""
    entries = plugins if isinstance(plugins, list) else [plugins]
    for entry in entries:
        if isinstance(entry, dict) and PLUGIN in entry:
            return _enabled(entry[PLUGIN] or {})
    return {} if PLUGIN in entries else None


def _enabled(options: Any) -> Any:  # noqa: ANN401 - from YAML
    """Take out `enabled`, which every plugin has, and which MkDocs itself obeys."""
    return {key: value for key, value in options.items() if key != "enabled"} if isinstance(options, dict) else options


def _where(files: Sequence[_File], keys: _Keys) -> tuple[str, int]:
    """Return the file and the line of a value, or of the nearest that it is a part of; our own are below `plugins`."""
    found = [(_line(file.node, _path(file, keys)), file) for file in files]
    (_, line), file = max(found, key=lambda each: each[0][0])  # the first of those that know most of the keys
    return shown_path(file.path), line


def _path(file: _File, keys: _Keys) -> _Keys:
    if not keys or keys[0] != PLUGIN:
        return keys
    plugins = file.values.get("plugins")
    entries = plugins if isinstance(plugins, list) else []
    at = next((n for n, entry in enumerate(entries) if isinstance(entry, dict) and PLUGIN in entry), None)
    return ["plugins", *([] if at is None else [at]), *keys]


def _line(node: yaml.Node | None, keys: _Keys) -> tuple[int, int]:
    """Return how many of the keys lead to something in a composed YAML document, and its line."""
    depth = line = 0
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            pair = next(((name, value) for name, value in node.value if name.value == key), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
        else:
            break
        depth += 1
    return depth, line


_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where PyYAML has it


class _Loader(_SafeLoader):  # type: ignore[misc, valid-type] # mypy wants a class that it knows
    """Reads any mkdocs.yml: tags such as `!!python/name` concern MkDocs, not us."""


def _ignore_tag(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:  # noqa: ANN401 - from YAML
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else None


def _environment(loader: yaml.SafeLoader, node: yaml.Node) -> Any:  # noqa: ANN401 - from YAML
    try:
        return construct_env_tag(loader, node)
    except (ValueError, AttributeError) as error:  # PyYAML's, for a date such as 2026-99-99
        message = f"an environment variable that is named here holds what YAML cannot read: {error}"
        raise yaml.constructor.ConstructorError(None, None, message, node.start_mark) from error


_Loader.add_constructor("!ENV", _environment)
_Loader.add_multi_constructor("!", _ignore_tag)
_Loader.add_multi_constructor("tag:yaml.org,2002:python/", _ignore_tag)

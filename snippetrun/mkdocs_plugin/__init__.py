"""The MkDocs plugin."""

from snippetrun.mkdocs_plugin.plugin import SnippetrunPlugin

__all__ = ["SnippetrunPlugin"]

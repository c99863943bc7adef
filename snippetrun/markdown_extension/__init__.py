"""A Python-Markdown extension, for sites of any generator: what recordings say stands where a page's fences stood.

    markdown_extensions:
      - snippetrun

It runs nothing and needs no engine: `snippetrun run` records what the pages print, and this shows it.

- `fences`: a page's fences while a renderer has them; `marks`: what stands for them until all is known
- `lines`: the places among Python-Markdown's preprocessors where we see a page's lines
- `embed`: what became of a page, as HTML
- `extension`: all of it for one conversion; the MkDocs plugin uses the parts
"""

from snippetrun.markdown_extension.extension import SnippetrunExtension

__all__ = ["SnippetrunExtension", "makeExtension"]

makeExtension = SnippetrunExtension  # noqa: N816 - Python-Markdown's name
"""The name that Python-Markdown looks for in a module."""

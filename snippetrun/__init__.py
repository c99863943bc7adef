"""Run the docker commands of Markdown pages in throwaway engines and embed what really came out."""

from importlib.metadata import version

__version__ = version("snippetrun")

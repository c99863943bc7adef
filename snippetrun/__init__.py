"""Run the docker commands of Markdown pages in throwaway engines and embed what really came out."""

__version__ = "0.1.0"

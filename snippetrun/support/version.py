"""The version of this package, for all that writes it down."""

__version__ = "0.1.0"

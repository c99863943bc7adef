"""The host's Docker engine: where it is, what it is asked to do, and what we left on it."""

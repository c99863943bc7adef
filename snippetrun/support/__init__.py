"""Small helpers that know neither a page nor an engine."""

"""What differs from run to run and means nothing to the reader becomes something that is the same in every build.

Pure: what came out, and what the engine knows, go in; what is shown comes out. A page goes through `stabilise`.

- `output`: one output after the other, through all filters
- `text`, `tables`: a line with its colours, and columns that keep their alignment
- `ids`, `names`, `processes`, `numbers`, `host`: values that are drawn by lot, counted up, or the machine's own
- `clock`, `times`, `lives`, `ages`, `waits`, `durations`, `builds`, `listings`, `stats`: what depends on the time
- `order`: lines that come in any order
- `chance`, `place`: what the values that are shown are made of
"""

from snippetrun.stable.page import Ran, stabilise

__all__ = ["Ran", "stabilise"]

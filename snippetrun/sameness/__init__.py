"""Two runs of a page -> the same, or where they differ. Nothing is replaced in what is shown.

What differs is the same after all for one of two reasons. Its form says that it varies: `up 3 minutes` and `up 2
minutes`. Or two runs have shown that it does: `Cheerful_Hopper` and `angry_darwin`. Pure: nothing here knows an engine,
or a command of one. From the smallest to the largest:

- `forms`: a line as tokens: times, ages, durations, sizes, words; `form_rules`: when two tokens of a form are the same
- `rules`: tokens that a site and a page define themselves
- `lines`: one line against another, and what was seen to vary in it
- `alignment`: which line of an output is compared with which of another
- `outputs`: the outputs of one run against those of another
- `expected`: output against what an author wrote; `ending`: an exit status against the expected one
"""

from snippetrun.sameness.outputs import Run, as_seen, differences, reproduced, varying

__all__ = ["Run", "as_seen", "differences", "reproduced", "varying"]

"""Two runs of a page -> the same, or the places where they differ. Nothing is replaced in what is shown.

A difference is none if the same place was seen to vary before, in two runs that differed there, or if its form says
that it has to: see `forms`. Pure: nothing here knows an engine, or a command of one.

- `forms`: what varies by its form: times, ages, durations, sizes, and what is known of the host; `form_rules`: when two
  of a form are the same
- `lines`: one line against another; `outputs`: lines against lines, and names that stand for each other
- `rules`: what a site and a page say themselves
"""

from snippetrun.sameness.outputs import Run, as_seen, differences, reproduced, varying

__all__ = ["Run", "as_seen", "differences", "reproduced", "varying"]

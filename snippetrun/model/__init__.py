r"""The values that travel along the road: frozen, slotted, and free of behaviour.

    Page -> (Snippet -> Command) -> Job -> Recording -> (CommandResult, Verdict)

Lines are 1-based and inclusive, durations are seconds, text is str with "\n" line ends.
"""

from snippetrun.model.environment import Environment, Fact, ImageFact, Network
from snippetrun.model.job import Job, Mode, Rules
from snippetrun.model.page import ENDINGS, Appearance, Command, Match, Options, Page, PageOptions, Snippet
from snippetrun.model.recording import (
    MOST_DRAWN,
    MOST_MOMENTS,
    CommandResult,
    Ending,
    Moment,
    Piece,
    PieceKind,
    Recording,
    printed,
)
from snippetrun.model.result import Difference, Outcome, Position, Result, Stage, Verdict

__all__ = [
    "ENDINGS", "MOST_DRAWN", "MOST_MOMENTS", "Appearance", "Command", "CommandResult", "Difference", "Ending",
    "Environment", "Fact", "ImageFact", "Job", "Match", "Mode", "Moment", "Network", "Options", "Outcome", "Page",
    "PageOptions", "Piece", "PieceKind", "Position", "Recording", "Result", "Rules", "Snippet", "Stage", "Verdict",
    "printed",
]  # fmt: skip

"""How long it has to be quiet before something is taken for what it looks like: seconds without output.

A person at a keyboard waits as well, and for the same reasons. None of these is a bound: on a loaded machine all takes
longer, and comes to the same.
"""

from __future__ import annotations

PROMPT = 0.03
"""A prompt that a line is to be typed at: it is complete as soon as it is there, and half of it may come first."""
QUESTION = 0.15
"""The same where the prompt ends as a line of output may, in a colon or a question mark: `room: ` of `room: 5`."""
SECRET = 0.2
"""The same where a password is asked for: the echo is switched off after the question."""
KEY = 0.2
"""The output above a key that stands alone: `^C` ends what else it would still say."""
SILENT = 2.0
"""A key to a program that has said nothing: it may not have begun yet to take signals."""
NEW_PROMPT = 0.5
"""A prompt that has not been seen before, and at which nothing is to be typed: it may be a line of output."""
IDLE = 0.5
"""A program that the page comes back to in a later fence: it has said what it has to say for now."""
LATE = 10.0
"""The same where it has not said yet what is written, or a line was typed at its prompt: `sleep 6; echo late`."""
LINE = 1.0
"""A line in which the text of `until` stands: its end is about to come, unless it is a prompt."""
BUSY = 3.0
"""What runs in the sandbox is waited for only so long: a page may have started what never rests."""

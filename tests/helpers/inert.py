"""What must not come through in anything that shows output."""

from __future__ import annotations

import re

UNSEEN = "\u202e\u2066\u200e\u200b\u00ad\U000e0041\ufeff\u2028\u3164\u115f"
"""Characters that turn text around, or that nobody sees."""
CONTROLS = {chr(code) for code in (*range(9), *range(11, 32), *range(127, 160))}
"""Control characters, without tab's and newline's."""
OBEYED = re.compile(r"(?:^|\s)::.*::|##\w*\[", re.MULTILINE)
"""What a CI runner takes for an order."""
TAGS = {"div", "pre", "code", "span", "samp", "label", "input"}
"""The elements of a block of ours."""
ATTRIBUTES = {"class", "tabindex", "data-copy", "data-play", "type", "autocomplete", "data-search-exclude"}
"""What these may have, besides a fence's own id."""

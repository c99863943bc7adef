"""Page text to snippets, and edits back into page text.

`page` is one walk over a page that uses all the others:

- `lines` and `front_matter`: the file's own lines, edits to them, and what its head says
- `fences`: the fences that CommonMark sees; `indented_blocks` adds Python-Markdown's blocks to it
- `superfences`: the fences that the site shows; `renderer_check`: where the two differ
- `prompts`: the text of a fence, cut at its prompts; `shell_syntax`: where a command ends, and what it calls
- `placeholders`: names in commands that no output binds
- `candidate`: a fence with all of this read; `findings` and `lookalikes`: what does not run although it looks so
"""

from typing import TYPE_CHECKING

from snippetrun.extract.lines import Edit, splice
from snippetrun.support.lazy import lazily

if TYPE_CHECKING:
    from snippetrun.extract.page import look, read
else:
    __getattr__ = lazily(__name__, {"page": "look read"})  # with it comes a parser

__all__ = ["Edit", "look", "read", "splice"]

"""HTML, in which what others have written is text: it makes no tag, no attribute and no template of its own."""

from __future__ import annotations

import html
from typing import Any, Final, Self

from markupsafe import Markup

from snippetrun.support.neutralise import plain, whole

_TEMPLATES: Final = str.maketrans({"{": "&#123;", "}": "&#125;"})
"""What a template engine or an attribute list would look for: `{{ config }}`, `{% raw %}`, `{: onclick=x}`."""


class Html(Markup):
    """HTML. Text that `format` or `join` puts into it is plain text there: escaped, without colours and controls.

    Joined with a str by `+` it escapes that one, too: what leaves this package is a str.
    """

    __slots__ = ()

    @classmethod
    def escape(cls, text: Any, /) -> Self:  # noqa: ANN401 - Markup's signature: a text, a number, or HTML
        """Return HTML for an element or a quoted attribute: text escaped, HTML as it is."""
        return cls(text if hasattr(text, "__html__") else escaped(plain(str(text))))


def escaped(text: str) -> str:
    """Return text without anything that HTML, or a template engine, would not take for text."""
    return html.escape(whole(text)).translate(_TEMPLATES)

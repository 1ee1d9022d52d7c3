"""What the drawing font cannot show, spelled out.

PDF and PNG are drawn with the font that travels with matplotlib, which knows no Chinese, Japanese
or Korean. HTML and SVG keep text as text, and the reader's own fonts show it.
"""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _font(name: str) -> Path:
    from matplotlib import get_data_path  # noqa: PLC0415 - loaded when drawing

    return Path(get_data_path()) / "fonts" / "ttf" / name


FONTS = (partial(_font, "DejaVuSans.ttf"), partial(_font, "DejaVuSans-Bold.ttf"))
"""Where the regular and the bold font lie; told when drawing."""


@cache
def _known() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415 - loaded when drawing

    regular, bold = (FT2Font(str(font())).get_charmap() for font in FONTS)
    return frozenset(regular.keys() & bold.keys())


def spelled_out(text: str) -> str:
    """Return ``text`` with every sign the font lacks as its code point.

    Examples
    --------
    >>> spelled_out("Nase ≥ 5 µm"), spelled_out("\u75c5")
    ('Nase ≥ 5 µm', '[U+75C5]')
    """
    if text.isascii():
        return text
    return "".join(sign if ord(sign) in _known() else f"[U+{ord(sign):04X}]" for sign in text)


def spell_out(figure: Figure) -> None:
    """Replace what the font lacks in every text of a figure."""
    from matplotlib.text import Text  # noqa: PLC0415 - loaded when drawing

    for one in figure.findobj(Text):
        if isinstance(one, Text) and not one.get_text().isascii():
            one.set_text(spelled_out(one.get_text()))

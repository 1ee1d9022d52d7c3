"""Room ``face``: from pixels to regions of skin, with pose and scale.

:func:`find` is the way in. It finds a face and its mesh (or takes the frame as a close-up of
skin), outlines cheeks, nose and forehead, masks what is no bare skin, and tells how many
millimetres a pixel shows and how sure that is. The networks it needs travel with the package.
"""

from __future__ import annotations

from poremetrics.face.find import Outlines, find

__all__ = ["Outlines", "find"]

"""Room ``align``: the after photo laid on the before photo, region by region.

:func:`register` aligns roughly by the mesh of the face, or by features of the skin in a close-up,
then densely on texture that is free of light and exposure. Its result names, per region, the
sampling grid on the before photo, the place in the after photo of every grid pixel, the common
area and the error to expect in it. :func:`sample_before` and :func:`sample_after` bring the two
photos onto that grid in linear light. A photo alone has a grid too, :func:`region_grid` with the
step of :func:`working_step_px`. :func:`carry` tells where outlines drawn on the before photo lie in
the after photo.
"""

from poremetrics.align.carry import carry
from poremetrics.align.registration import register
from poremetrics.align.sample import (
    on_grid_mask,
    region_grid,
    sample_after,
    sample_before,
    working_step_px,
)

__all__ = [
    "carry",
    "on_grid_mask",
    "region_grid",
    "register",
    "sample_after",
    "sample_before",
    "working_step_px",
]

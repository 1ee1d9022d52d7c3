"""Pores: flattened skin, candidates, measured pores, forced measurement, links.

``flatten`` turns a patch of linear light into skin whose shading is gone and whose noise is
known; ``find`` finds and measures the pores of one such skin; ``force`` measures at places that
are given, so that a pore is never "lost" because it slipped under a threshold; ``coarse_step_px``
tells at what resolution to do so where no scale is known. For two aligned
photos, ``difference`` tells what sets them apart, ``shared_blur`` what all regions tell of it
together, ``match_conditions`` brings both skins to the same blur, contrast and noise, ``link``
finds which pores are the same, and ``pair`` measures every pore of either photo in both.
"""

from poremetrics.pores.coarseness import coarse_step_px
from poremetrics.pores.difference import Difference, difference, shared_blur
from poremetrics.pores.find import find
from poremetrics.pores.flatten import flatten
from poremetrics.pores.force import force
from poremetrics.pores.link import Links, link
from poremetrics.pores.match import match_conditions
from poremetrics.pores.pair import pair
from poremetrics.pores.tables import (
    FOUND_LENGTHS,
    Placement,
    inside,
    join_links,
    join_pores,
    links_table,
    number_ids,
    place_by_map,
    place_on_grid_photo,
    pores_table,
    positions,
    unmagnified,
    with_forced,
    with_forced_rows,
)

__all__ = [
    "FOUND_LENGTHS",
    "Difference",
    "Links",
    "Placement",
    "coarse_step_px",
    "difference",
    "find",
    "flatten",
    "force",
    "inside",
    "join_links",
    "join_pores",
    "link",
    "links_table",
    "match_conditions",
    "number_ids",
    "pair",
    "place_by_map",
    "place_on_grid_photo",
    "pores_table",
    "positions",
    "shared_blur",
    "unmagnified",
    "with_forced",
    "with_forced_rows",
]

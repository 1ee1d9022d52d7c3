"""Pores: flattened skin, candidates, measured pores, forced measurement, links.

``flatten`` turns a patch of linear light into skin whose shading is gone and whose noise is
known; ``find`` finds and measures the pores of one such skin; ``force`` measures at places that
are given, so that a pore is never "lost" because it slipped under a threshold.
"""

from poremetrics.pores.find import find
from poremetrics.pores.flatten import flatten
from poremetrics.pores.force import force

__all__ = ["find", "flatten", "force"]

"""Skin with known truth: the room that every claim of this tool is checked against.

``make_skin`` makes a subject, ``photograph`` takes a picture of it and tells the truth about
every pore, so one subject can be photographed before and after a treatment, from another place,
in other light. ``render_skin`` does both at once. ``reshoot`` photographs an existing photo again
without touching the skin, with the exact map between the two. Nothing here looks at what the
detector does; "visible" is defined by physics alone.
"""

from poremetrics.synthetic.nuisance import PRESETS, Nuisance, Preset, draw_nuisance
from poremetrics.synthetic.photograph import VISIBLE_SNR, photograph, render_skin
from poremetrics.synthetic.records import (
    NO_MARKS,
    PERFECT_CAMERA,
    TONES,
    Camera,
    Marks,
    Recipe,
    SkinModel,
    SyntheticSkin,
    Tone,
    Treatment,
)
from poremetrics.synthetic.reshoot import PhotoMap, Reshot, reshoot
from poremetrics.synthetic.subject import make_skin

__all__ = [
    "NO_MARKS",
    "PERFECT_CAMERA",
    "PRESETS",
    "TONES",
    "VISIBLE_SNR",
    "Camera",
    "Marks",
    "Nuisance",
    "PhotoMap",
    "Preset",
    "Recipe",
    "Reshot",
    "SkinModel",
    "SyntheticSkin",
    "Tone",
    "Treatment",
    "draw_nuisance",
    "make_skin",
    "photograph",
    "render_skin",
    "reshoot",
]

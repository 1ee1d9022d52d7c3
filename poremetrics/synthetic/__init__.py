"""Skin with known truth: the room that every claim of this tool is checked against.

``make_skin`` makes a subject, ``photograph`` takes a picture of it and tells the truth about
every pore, so one subject can be photographed before and after a treatment, from another place,
in other light. ``render_skin`` does both at once. ``reshoot`` photographs an existing photo again
without touching the skin, with the exact map between the two. Nothing here looks at what the
detector does; "visible" is defined by physics alone.
"""

from poremetrics.synthetic.links import score_fates, score_links
from poremetrics.synthetic.nuisance import PRESETS, Nuisance, Preset, draw_nuisance
from poremetrics.synthetic.peers import PEERS, PeerResult, best_peers, flattened
from poremetrics.synthetic.records import (
    CLEAR_PORES,
    FAINT_PORES,
    NO_MARKS,
    PERFECT_CAMERA,
    TONES,
    Camera,
    Marks,
    Recipe,
    Rgb,
    SkinModel,
    SyntheticSkin,
    Tone,
    Treatment,
)
from poremetrics.synthetic.reshot import PhotoMap, Reshot, reshoot
from poremetrics.synthetic.scoring import (
    SIZE_CLASSES_PX,
    Assignment,
    Proportion,
    Score,
    as_row,
    assign,
    coverage,
    false_calls,
    gate_px,
    match,
    power,
    score,
    score_by_size,
)
from poremetrics.synthetic.shoot import VISIBLE_SNR, photograph, render_skin
from poremetrics.synthetic.subject import make_skin
from poremetrics.synthetic.turned import HeadTurn, turn_head

__all__ = [
    "CLEAR_PORES",
    "FAINT_PORES",
    "NO_MARKS",
    "PEERS",
    "PERFECT_CAMERA",
    "PRESETS",
    "SIZE_CLASSES_PX",
    "TONES",
    "VISIBLE_SNR",
    "Assignment",
    "Camera",
    "HeadTurn",
    "Marks",
    "Nuisance",
    "PeerResult",
    "PhotoMap",
    "Preset",
    "Proportion",
    "Recipe",
    "Reshot",
    "Rgb",
    "Score",
    "SkinModel",
    "SyntheticSkin",
    "Tone",
    "Treatment",
    "as_row",
    "assign",
    "best_peers",
    "coverage",
    "draw_nuisance",
    "false_calls",
    "flattened",
    "gate_px",
    "make_skin",
    "match",
    "photograph",
    "power",
    "render_skin",
    "reshoot",
    "score",
    "score_by_size",
    "score_fates",
    "score_links",
    "turn_head",
]

"""Every word of the page on accuracy; see ``texts`` for the rest."""

from __future__ import annotations

from collections.abc import Mapping

TITLE = "How accurate poremetrics is"
HEADLINE = "Pores that physics makes visible are found with an F1 of {f1}"
DETAIL = (
    "{pictures} rendered pictures and {pairs} pairs, each with known truth. The next best "
    "detector, at its own best threshold on every picture, reaches {peer} on the pictures both saw."
)
DETAIL_ALONE = "{pictures} rendered pictures and {pairs} pairs, each with known truth."
COMMAND = "Made by `poremetrics validate --seed {seed}`."
COMMAND_QUICK = "Made by `poremetrics validate --quick --seed {seed}`."
QUICK = (
    "This was a quick run, a small part of everything: it shows that the tool works and is not to "
    "be quoted."
)
VERSIONS = "Versions: {versions}."
SECTIONS: Mapping[str, tuple[str, str]] = {
    "headline": ("The figures first", "All on rendered skin, whose every pore is known."),
    "peers": (
        "Against other detectors",
        "F1, the harmonic mean of precision and recall, on the same pictures. Every other "
        "detector gets the threshold that is best for that very picture; this tool has one "
        "setting for all. Plain: shown the picture's brightness as it is; flattened: with slow "
        "shading taken off. Charts show the better of the two.",
    ),
    "accuracy": (
        "Pores found in one photo",
        "Precision: share of finds that are visible pores. Recall: share of visible pores that "
        "are found. Visible: the dip is at least three times the standard deviation of the bare "
        "skin at the pore's scale.",
    ),
    "sizes": (
        "Size, by true size",
        "Median difference of measured and true diameter. Bars: its spread from pore to pore.",
    ),
    "perturbations": (
        "Same skin, another photo",
        "The skin did not change, so every change read is an error. Each photo alone: what "
        "measuring both photos separately suggests. Corrected: what this tool says of the pair. "
        "Means over pairs.",
    ),
    "nulls": (
        "False calls on unchanged skin",
        "The same skin photographed twice, everything a little different at once. A false call "
        "is any measure said to have decreased or increased.",
    ),
    "power": (
        "Changes that are found",
        "Skin was changed by a known share and photographed as differently as usual. Power: "
        "share of the comparable pairs in which the change was called. Bars: 95 % intervals.",
    ),
    "intervals": (
        "Whether intervals keep their word",
        "Share of the 95 % intervals that hold the true change; the line marks 95 %. Bars: 95 % "
        "intervals of that share.",
    ),
    "resolutions": (
        "Coarser, finer, sharper and softer photos",
        "Pores that appear 20 % smaller, or a fifth of them gone, photographed at other scales and "
        "with another point spread than in the sections above. Read: share of a true change of "
        "size that is read, mean over the pairs whose pores appear smaller. Hold the truth: 95 % "
        "intervals that hold the true change.",
    ),
    "hopeless": (
        "Pairs that must be refused",
        "Photos that cannot be compared. A good tool says so.",
    ),
    "limits": ("What this cannot show", ""),
}
LIMITS = (
    "Rendered skin is not skin: no rendering knows everything that light does in a face. A good "
    "figure here is necessary, not sufficient. Look at the overlay of your own photos at full "
    "size, and measure your own repeatability from your own repeat shots."
)
COLUMNS: Mapping[str, str] = {
    "figure": "Figure",
    "value": "Value",
    "cell": "",
    "pictures": "Pictures",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "size_bias": "Size bias",
    "on_marks": "Finds on marks",
    "size": "True diameter",
    "pores": "Visible pores",
    "spread": "Spread",
    "strength": "How different",
    "nuisance": "What differs",
    "naive": "Each photo alone",
    "corrected": "Corrected",
    "worst": "Largest, corrected",
    "blob_log": "blob_log",
    "links": "Links right",
    "pairs": "Pairs",
    "refused": "Refused",
    "false_calls": "False calls",
    "rate": "Rate",
    "interval": "95 % interval",
    "change": "Median change read",
    "effect": "Change made",
    "found": "Found",
    "power": "Power",
    "true": "True change",
    "measured": "Change read",
    "skin": "Skin",
    "measure": "Measure",
    "coverage": "Hold the truth",
    "bias": "Mean error",
    "scale": "Scale",
    "blur": "Point spread",
    "read": "Read",
    "reason": "Why it cannot be compared",
}
FACTORS: Mapping[str, tuple[str, str]] = {
    "tone": ("By skin tone (Fitzpatrick)", "{}"),
    "px_per_mm": ("By scale", "{:g} px/mm"),
    "contrast": ("By contrast of pores", "{:g}"),
    "skin": ("By kind of skin", "{} pores"),
}
"""Heading of each factor, and how one of its levels is printed."""
EFFECTS: Mapping[str, str] = {"size": "pores smaller", "coverage": "pores fewer"}
SIZE_CLASS = "{low:g} to {high:g} px"
SIZE_LARGEST = "from {low:g} px"
ALL_STRENGTHS = "all"
CHART_PEERS = "F1 of each detector. {factor}; the table below holds the same figures"
CHART_SIZES = "Size bias by true size; the table below holds the same figures"
CHART_PERTURBATIONS = (
    "{measure}: change read under every nuisance, each photo alone and corrected; the table below "
    "holds the same figures"
)
CHART_POWER = "Power against each change made; the table below holds the same figures"
CHART_INTERVALS = (
    "Share of intervals that hold the truth, per measure; the table below holds the same figures"
)
AXIS_F1 = "F1"
AXIS_BIAS = "Size bias (%)"
AXIS_CHANGE = "Change read on unchanged skin (%)"
AXIS_POWER = "Power (%)"
AXIS_COVERAGE = "Intervals that hold the truth (%)"
NAIVE = "each photo alone"
CORRECTED = "corrected"
BEYOND = "Bars that end at the edge go on beyond it."

"""Every word of the reports on a series of visits and on a study; see ``texts`` for the rest."""

from __future__ import annotations

from collections.abc import Mapping

TITLE = "Appearance of pores over {visits} visits"
TITLE_STUDY = "A study of the appearance of pores"
HEADLINES: Mapping[str, str] = {
    "still improving": "Pores appear {size} % smaller, and were still changing at the last visit",
    "levelled off": "Pores appear {size} % smaller, and stayed so at the last visit",
    "fading": "An earlier change in the size of pores is fading",
    "changed; course not clear": "Pores appeared smaller at an earlier visit; now unclear",
    "decreased": "Pores appear {size} % smaller; where it is heading is not clear",
    "increased": "Pores appear {size} % larger",
    "no detectable change": "No detectable change in the size of pores",
    "not comparable": "No visit can be compared with the first",
}
COUNT_HEADLINES: Mapping[str, str] = {
    "still improving": "{size} % fewer pores are visible, still changing at the last visit",
    "levelled off": "{size} % fewer pores are visible, the same at the last visit",
    "fading": "An earlier change in the number of visible pores is fading",
    "changed; course not clear": "Fewer pores were visible at an earlier visit; now unclear",
    "decreased": "{size} % fewer pores are visible; where it is heading is not clear",
    "increased": "{size} % more pores are visible",
}
"""Where the number of visible pores changed and their size did not."""
DETAIL = (
    "At the last visit that counts: {range}. {rate}These photos could show a change from {rc} %."
)
DETAIL_SIZE = " No detectable change in the size of the same pores."
DETAIL_NONE = (
    "The photos differ too much in how they were taken, or were taken too soon after a treatment."
)
RATE = "Per session: {rate} ({interval}). "
STORIES: Mapping[str, str] = {
    "still improving": "still changing at the last visit",
    "levelled off": "stayed level at the last visit",
    "fading": "fading",
    "changed; course not clear": "changed; where it is heading cannot be told",
    "increased": "increased",
    "no detectable change": "no detectable change",
    "not comparable": "cannot be compared",
}
SECTIONS: Mapping[str, tuple[str, str]] = {
    "timeline": (
        "Over time",
        "Change since the first photo. Bars: 95 % intervals. Grey band: what photos of unchanged "
        "skin differ by. Dashed lines: treatments. Hollow: taken too soon after a treatment.",
    ),
    "course": ("Course of every measure", ""),
    "strips": (
        "The same pores, visit by visit",
        "Single pores at the same place and scale, first visit on the left.",
    ),
    "lives": (
        "What became of single pores",
        "A pore counts as lost where it can no longer be told from bare skin.",
    ),
    "visits": ("Visits", ""),
    "quality": ("How the photos compare", ""),
    "each": (
        "Each visit against the first",
        "Every measure of all regions together, and the size of the same pores in each region.",
    ),
    "cohort": (
        "All persons together",
        "Linear mixed model of the change since each person's first photo.",
    ),
    "persons": ("Person by person", ""),
    "flow": ("Who was left out, and why", ""),
    "methods": ("Methods", ""),
}
COLUMNS: Mapping[str, str] = {
    "metric": "Measure",
    "change": "Since first visit",
    "interval": "95 % interval",
    "rate": "Per session",
    "story": "Course",
    "visit": "Visit",
    "date": "Date",
    "day": "Day",
    "treatment": "Treatment before",
    "since": "Days since",
    "remark": "Remark",
    "fate": "Pores that",
    "pores": "Number",
    "check": "Check",
    "failed": "Not met at visits",
    "subject": "Person",
    "side": "Side",
    "page": "Page",
    "term": "Effect",
    "effect": "Change",
    "persons": "Persons",
    "photos": "Photos",
    "reason": "Reason",
    "step": "Step",
}
FATES: Mapping[str, str] = {
    "stays": "stay at every visit that shows their place",
    "lost": "are lost",
    "new": "are new",
    "comes and goes": "come and go",
    "seen once": "were measured at one visit only",
}
VISIT_AFTER = "{when}, {days} days after {treatment}"
FIRST = "first photo"
EARLY = "too soon after a treatment: shown, not counted"
REFUSED = "not comparable with the first photo"
FAILED = "no result: {reason}"
NO_STRIPS = "No pore could be shown at more than one visit."
ALL_MET = "Every check was met at every visit."
ALT_TIMELINE = "{metric} over {visits} visits; the table below holds the same figures"
ALT_STRIP = "One pore of {region} at visit {visit}"
STRIP_NAME = "Pore {pore} ({region})"
STRIP_CAPTION = "Visit {visit}"
MORE = "Other measures over time"
AXIS_DAYS = "Days since the first photo"
AXIS_CHANGE = "Change (%)"
STUDY_HEADLINE = "{persons} persons, {photos} photos"
STUDY_DETAIL = "{analysed} photos of {of} persons could be analysed."
STUDY_NOTE_FEW = "Too few persons for a model of all of them together."
LEFT_OUT = "left out"

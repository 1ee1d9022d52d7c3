"""Every word of the report, in one place. Plain English; exact terms only in the tables.

A report speaks of the *appearance* of pores. It never says that a pore shrank or closed, gives
no diagnosis and no advice on treatment (``tests/test_report_words.py`` holds this).
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGE = "en"
TITLE_PAIR = "Appearance of pores, before and after"
TITLE_PHOTO = "Appearance of pores in one photo"
PRODUCT = "poremetrics"
CREATED = "Written {date}"
LABEL = "Label"
BEFORE = "Before"
AFTER = "After"
PHOTO = "Photo"
MISSING = "–"

REGIONS: Mapping[str, str] = {
    "all": "All regions together",
    "left_cheek": "Left cheek",
    "right_cheek": "Right cheek",
    "nose": "Nose",
    "forehead": "Forehead",
    "closeup": "Close-up",
}

# --- summary -----------------------------------------------------------------------------
HEADLINES: Mapping[str, str] = {
    "decreased": "Pores appear {size} % smaller",
    "increased": "Pores appear {size} % larger",
    "no detectable change": "No detectable change in the size of pores",
    "not comparable": "These two photos cannot be compared",
    "no pores": "Too few visible pores to compare",
    "mixed": "No overall answer: see each region",
    "measured": "{count} visible pores measured",
}
HEADLINE_DETAIL: Mapping[str, str] = {
    "decreased": "Most likely between {low} and {high} % smaller. "
    "This pair of photos could show changes from {detectable} %.",
    "increased": "Most likely between {low} and {high} % larger. "
    "This pair of photos could show changes from {detectable} %.",
    "no detectable change": "Measured: {range}. This pair of photos could show changes from "
    "{detectable} %. A smaller change may be there but cannot be told from chance.",
    "not comparable": "The photos differ too much in how they were taken. That is a result, not "
    "a fault: any number from them would say more about the photos than about the skin.",
    "no pores": "Fewer pores could be seen than a fair comparison needs.",
    "mixed": "The regions below have their own results.",
    "measured": "One photo shows how pores look on one day. A second photo of the same skin, taken "
    "in the same way, shows a change.",
}
SENTENCE = "{region}: {words}"
SENTENCES: Mapping[str, str] = {
    "decreased": "pores appear {size} % smaller ({low} to {high} %); "
    "this pair could show changes from {detectable} %.",
    "increased": "pores appear {size} % larger ({low} to {high} %); "
    "this pair could show changes from {detectable} %.",
    "no detectable change": "no detectable change in the size of pores ({range}); "
    "this pair could show changes from {detectable} %.",
    "not comparable": "not comparable.",
    "no pores": "too few visible pores to compare their size.",
    "measured": "{count} visible pores.",
}
RANGE_BOTH = "{low} % smaller to {high} % larger"
RANGE_BELOW = "{low} to {high} % smaller"
RANGE_ABOVE = "{low} to {high} % larger"
RANGE_NONE = "exactly the same"
ONE_LINERS: Mapping[str, Mapping[str, str]] = {
    "count": {
        "label": "How many",
        "decreased": "{size} % fewer visible pores",
        "increased": "{size} % more visible pores",
    },
    "coverage_pct": {
        "label": "How much skin",
        "decreased": "{size} % less skin covered by pores",
        "increased": "{size} % more skin covered by pores",
    },
    "contrast_matched": {
        "label": "How dark",
        "decreased": "pores look {size} % fainter",
        "increased": "pores look {size} % darker",
    },
}
ONE_LINER_SAME = "no detectable change"
ONE_LINER_UNKNOWN = "cannot be compared"
VERDICTS: Mapping[str, str] = {
    "decreased": "decreased",
    "increased": "increased",
    "no detectable change": "no detectable change",
    "not comparable": "not comparable",
    "": "no verdict",
}
VERDICT_SIGNS: Mapping[str, str] = {
    "decreased": "↓",
    "increased": "↑",
    "no detectable change": "=",
    "not comparable": "?",
    "": "",
}
SAME_PHOTO = "Both files hold the same photo, so nothing can have changed."
OTHER_SKIN = (
    "The two photos do not seem to show the same skin. Check that they show the same person and "
    "the same place."
)
MIRRORED = "The after photo was mirrored, as selfies often are. It was turned back first."
COVERED = (
    "What looks like eyes in this close-up is covered in every picture; the measurement is not "
    "touched. If it is no eye, write the report again with the option --no-anonymise."
)
BAR_KEY = (
    "Dot: the change measured. Line: where the true change most likely lies. Grey: what two photos "
    "of unchanged skin may differ by."
)
WHAT_IT_IS = (
    "This report describes how pores appear in photos. It is a measurement, not a diagnosis, and "
    "gives no advice on treatment. The size of a pore is largely inherited; care and treatment "
    "change how pores look."
)

# --- sections ----------------------------------------------------------------------------
SECTIONS: Mapping[str, str] = {
    "summary": "Result",
    "quality": "Can these photos be trusted?",
    "pairs": "The same skin, before and after",
    "overlay": "Every pore that was measured",
    "strip": "The clearest single pores",
    "sizes": "How large the pores appear",
    "changes": "All changes in figures",
    "secondary": "Further measures of the skin",
    "values": "All figures",
    "timing": "Timing",
    "methods": "How this was measured",
}
LEADS: Mapping[str, str] = {
    "pairs": "The after photo has been laid onto the before photo, so that the same skin lies at "
    "the same place.",
    "pairs_apart": "The photos do not fit on each other: this is the nearest that could be found, "
    "and the same place need not show the same skin.",
    "overlay": "Each ring is one pore, drawn at its measured size on the before photo. Only skin "
    "that both photos show well is counted.",
    "overlay_photo": "Each ring is one pore, drawn at its measured size.",
    "strip": "The pores seen most clearly in both photos, picked for clarity and never for their "
    "change. Upper row before, lower row after; every picture shows the same {width}.",
    "strip_photo": "The pores seen most clearly; every picture shows the same {width}.",
    "sizes": "How many pores there are of each size, in the skin both photos show. Those to the "
    "right of the dashed line count as visible pores; the last bar holds all larger ones.",
    "sizes_photo": "How many pores there are of each size. Those to the right of the dashed line "
    "count as visible pores; the last bar holds all larger ones.",
    "changes": "Every measure of every region: after against before, for the same skin. The "
    "interval holds the true change 95 times in 100. The repeatability coefficient is what two "
    "photos of unchanged skin may differ by. Verdicts are strict: taken over all of them together, "
    "unchanged skin is called changed in at most 5 of 100 pairs.",
    "secondary": "These have an interval but no verdict: they depend more on the light.",
    "values": "Figures of this photo. They depend on how it was taken; only a second photo of the "
    "same skin shows a change.",
}

# --- quality -----------------------------------------------------------------------------
LIGHTS: Mapping[str, str] = {
    "good": "Good: all checks passed",
    "fair": "Fair: read the notes below",
    "poor": "Not good enough for a comparison",
    "unknown": "Quality was not checked",
}
NEXT_TIME = "At the next photo"
CHECKS: Mapping[str, str] = {
    "resolution": "Enough pixels for small pores",
    "sampling": "Enough pixels for any pore",
    "focus": "Focus",
    "clipping": "Exposure",
    "glare": "Shine",
    "turned": "Facing the camera",
    "skin_share": "Bare skin in view",
    "texture": "Fine skin texture (no filter, no make-up)",
    "smoothing": "Enough fine texture to measure",
    "compression": "File quality",
    "blocks": "No blocks from compression",
    "same_skin": "Same fine texture in both photos",
    "same_place": "Same person and place",
    "alignment": "Photos fit on each other",
    "relative_blur": "Same focus in both photos",
    "light": "Same light in both photos",
    "light_direction": "Light from the same side",
    "light_kind": "Same kind of light",
    "exposure": "Same exposure",
    "noise": "Same noise",
    "redness_rise": "No rise in redness",
    "shine_rise": "No rise in shine",
    "common_share": "Same skin in view",
    "scale_ratio": "Same distance",
    "expression": "Same expression",
    "camera": "Same camera",
    "days_since_treatment": "Time since the treatment",
    "found": "Region in view in both photos",
}
FAILED: Mapping[str, str] = {
    "resolution": "Too few pixels for small pores",
    "sampling": "Too few pixels for any pore",
    "focus": "Not in focus",
    "clipping": "Burnt out or black",
    "glare": "Too much shine",
    "turned": "Turned away from the camera",
    "skin_share": "Too little bare skin in view",
    "texture": "Little fine texture (filter or make-up?)",
    "smoothing": "Too little fine texture to measure",
    "compression": "File compressed too much",
    "blocks": "Blocks from compression (a messenger?)",
    "same_skin": "The fine texture differs",
    "same_place": "Another person or another place",
    "alignment": "The photos do not fit on each other",
    "relative_blur": "The focus differs",
    "light": "The light differs",
    "light_direction": "The light comes from another side",
    "light_kind": "Another kind of light, or make-up",
    "exposure": "One photo is brighter",
    "noise": "One photo is noisier",
    "redness_rise": "The skin is redder",
    "shine_rise": "The skin shines more",
    "common_share": "Too little of the same skin in view",
    "scale_ratio": "The distance differs",
    "expression": "The expression differs",
    "camera": "Another camera",
    "days_since_treatment": "Too soon after the treatment",
    "found": "Not in view in both photos",
}
CHECK_PHOTOS: Mapping[str, str] = {"before": BEFORE, "after": AFTER, "pair": "Both", "photo": PHOTO}
FAILED_WHERE: Mapping[tuple[bool, bool], str] = {
    (True, True): "{check}: {places} ({photos})",
    (True, False): "{check}: {places}",
    (False, True): "{check} ({photos})",
    (False, False): "{check}",
}
"""By whether the region and the photo are told."""
AND = " and "
FAILED_FIGURE = "{value}; limit {limit}"
NOT_MEASURED = "Could not be measured"
WHERE_ALL_TITLE = "Whole photo"
ALL_CHECKS = "All checks with their figures and limits"
CHECK_FAILED = "✗"
CHECK_NOTE = "!"
CHECK_KEY = (
    "✗ outside its limit: the region is not compared. ! outside its limit: worth noting, the "
    "comparison stands."
)

# --- pictures ----------------------------------------------------------------------------
VIEW_SLIDER = "Slide"
VIEW_FLICKER = "Flicker"
VIEW_SIDE = "Side by side"
SLIDER_LABEL = "Share of the after photo that is shown"
SLIDER_VALUE = "{share} % after photo"
ZOOM = "Zoom"
ZOOM_FIT = "Fit"
MARKS = "Marks"
MARKS_NONE = "None"
MARKS_STATUS = "Found again"
MARKS_SIZE = "Size change"
VIEW = "View"
STAGE_LABEL = "{region}: picture, scroll to move when zoomed"
NO_SCRIPT = (
    "The slider needs JavaScript, which is off. Flicker, side by side, zoom and marks work all "
    "the same."
)
DETAIL = "{region}, detail"
ALT_PAIR_BEFORE = "{region} in the before photo"
ALT_PAIR_AFTER = "{region} in the after photo, laid onto the before photo"
ALT_OVERLAY = "{region} with a ring around each pore: {counts}"
ALT_OVERVIEW = "The photo with the outlines of the measured regions; eyes covered"
ALT_OVERVIEW_OPEN = "The photo with the outlines of the measured regions"
ALT_STRIP = "Strip of {count} single pores, enlarged to the same scale{rows}, taken from: {regions}"
ALT_STRIP_ROWS = ", before above after"
ALT_SIZES = "Histogram of pore sizes. {medians}"
ALT_SIZES_MEDIAN = "{photo}: median {value} {unit}, {count} pores"
ALT_CHANGES = "Changes with their 95 % intervals; the table below holds the same figures"
CAPTION_PAIR = "{region}. {scale}{cover}"
CAPTION_FULL = "At 100 % each pixel of the coarser photo is one pixel here."
CAPTION_REDUCED = "Reduced to {share} % of the photo's pixels; a detail at full size follows."
CAPTION_OVERVIEW = "Regions measured; left and right are the person’s own."
EYES = " Eyes are covered."
NO_PICTURES = "The photos could not be laid onto each other. Here they are as they were taken."
ALT_UNALIGNED = "{photo}: the photo as it was taken"
NO_PORES = "No pores were found here."
ALL_MEASURES = "All measures"
LEGEND: Mapping[str, str] = {
    "matched": "found in both",
    "lost": "seen only before",
    "new": "seen only after",
    "seen": "pore",
    "left_out": "left out: not a pore",
    "much_smaller": "appears much smaller (over {strong} %)",
    "smaller": "smaller (over {weak} %)",
    "same": "about the same",
    "larger": "larger (over {weak} %)",
    "much_larger": "much larger (over {strong} %)",
}
SIZE_NOTE = (
    "Colours of size change are given to visible pores only. The size of one single pore is "
    "uncertain by about a tenth or more, so single colours scatter on unchanged skin too. The "
    "verdict rests on all visible pores together."
)

# --- tables ------------------------------------------------------------------------------
BY_REGION = "Region by region"
METRICS: Mapping[str, str] = {
    "area_cm2": "Skin measured",
    "area_mpx": "Skin measured",
    "count": "Visible pores",
    "density_cm2": "Visible pores per cm²",
    "density_mpx": "Visible pores per megapixel",
    "coverage_pct": "Skin covered by visible pores",
    "diameter_um_median": "Median diameter of visible pores",
    "diameter_px_median": "Median diameter of visible pores",
    "contrast_mean": "Mean contrast of visible pores",
    "diameter_um_matched": "Diameter of the same pores",
    "diameter_px_matched": "Diameter of the same pores",
    "contrast_matched": "Contrast of the same pores",
    "elongation_median": "Elongation (long / short axis)",
    "plug_fraction": "Share of pores with a dark plug",
    "roughness": "Roughness of the fine texture",
    "redness": "Redness (CIE a*)",
    "tone_sd": "Unevenness of tone (SD of L*)",
    "shine": "Share of shine",
}
COLUMNS: Mapping[str, str] = {
    "metric": "Measure",
    "unit": "Unit",
    "before": "Before",
    "after": "After",
    "change_pct": "Change",
    "interval": "95 % interval",
    "rc_pct": "Repeatability coefficient",
    "detectable_pct": "Detectable from",
    "n_pores": "Pores",
    "verdict": "Verdict",
    "photo": "Photo",
    "region": "Region",
    "check": "Check",
    "value": "Value",
    "limit": "Limit",
    "ok": "Result",
    "setting": "Setting",
    "meaning": "Meaning",
    "software": "Software",
    "version": "Version",
}
UNITS: Mapping[str, str] = {
    "1": "",
    "pores": "",
    "deg": "°",
    "1/cm²": "",
    "1/Mpx": "",
    "a*": "",
    "L*": "",
}
SHARES = ("plug_fraction", "shine")
"""Measures that are shares of 1, printed in percent."""
PHOTO_LINES = (
    "density_cm2",
    "density_mpx",
    "coverage_pct",
    "diameter_um_median",
    "diameter_px_median",
)
"""Measures shown on the card of a region in one photo."""
AXIS_CHANGE = "Change (%)"
AXIS_SIZE = "Diameter ({unit})"
AXIS_COUNT = "Pores"
RC_BAND = "repeatability of unchanged skin"

# --- timing ------------------------------------------------------------------------------
TIMING_UNKNOWN = (
    "No treatment date was given. In the first week after a treatment, redness and swelling can "
    "hide pores; photos from {best} days on show the result best."
)
TIMING_EARLY = (
    "The after photo was taken {days} days after the treatment. That is too soon: redness and "
    "swelling hide pores for about a week. Take another photo from day {best} on."
)
TIMING_MIDDLE = (
    "The after photo was taken {days} days after the treatment. The swelling has gone down; the "
    "full result is best judged from day {best} on."
)
TIMING_GOOD = (
    "The after photo was taken {days} days after the treatment, a good time to judge the result."
)

# --- methods -----------------------------------------------------------------------------
METHODS_PAIR = (
    "The after photo was registered onto the before photo region by region (model: {model}). Only "
    "the common area was compared: skin that is visible, in focus and free of glare, hair and "
    "brows in both photos. The sharper photo was brought to the blur of the softer one, and "
    "contrast and noise were equalised, before pores were looked for on the shading-flattened log "
    "luminance: a small convolutional network tells them from other marks, and a pit is fitted to "
    "each, which must exceed its own error.",
    "Every pore found in either photo was measured in both at the aligned place (forced "
    "measurement), so that a pore that slips under the detection limit is still measured. A pore "
    "counts as seen only before or only after where the other photo is compatible with bare skin "
    "and nearer to it than to the pore. Diameter is that of a circle with the area of the "
    "half-contrast contour, corrected for the photo's blur. A visible pore has a diameter of at "
    "least {visible} (Flament et al. 2015).",
    "Relief that lies in both photos holds sizes together; the change of size of the same pores, "
    "and what follows from it, is stretched by what is known to be kept back at their signal over "
    "noise (fitted to rendered skin of known change).",
    "Changes are ratios over the common area. Their 95 % intervals combine a paired spatial block "
    "bootstrap with the repeatability of unchanged skin under the differences this pair shows. "
    "Verdicts hold family-wise (Holm) at 5 %. Uncertainty of the scale cancels in every change.",
)
METHODS_PHOTO = (
    "Pores were looked for on the shading-flattened log luminance: a small convolutional network "
    "tells them from other marks, and a pit is fitted to each, which must exceed its own error. "
    "Diameter is that of a circle with the area of the half-contrast contour, corrected for "
    "the photo's blur. A visible pore has a diameter of at least {visible} (Flament et al. 2015).",
)
RESOLUTION = "Skin shown finer than {finest:g} pixels per mm was worked on at that resolution."
RESOLUTION_NO_SCALE = "A photo was worked on at a resolution that suits the width of its pores."
SCALE_LINE = "{region}: {mm} mm per pixel (± {rel} %), from {source}."
SCALE_SOURCES: Mapping[str, str] = {
    "given": "the value given",
    "marker": "a marker in the photo",
    "ipd": "the eye distance given",
    "iris": "the width of the iris (11.7 mm, SD 0.4 mm between people)",
    "population": "the eye distance of the population: a rough value",
}
NO_SCALE = "No scale is known: sizes are in pixels of the before photo."
PROVENANCE = "Files and software"
SETTINGS_TITLE = "Settings"
SETTINGS_ALL = "All settings"
HASH = "SHA-256 of the {photo}"
PHOTO_NAMES: Mapping[str, str] = {
    "": "photo",
    "before": "before photo",
    "after": "after photo",
}
PIXELS = "Size of the {photo}"
FOOTER = "Made by poremetrics on this computer. Nothing was sent anywhere."
SKIP = "Skip to the result"
PRINT_NOTE = "The full report with moving pictures is the file report.html."

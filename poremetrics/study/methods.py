"""A paragraph on the methods, ready to paste, with versions and every setting that differs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

import pandas as pd

from poremetrics.change import Repeatability, default_repeatability
from poremetrics.settings import Settings

_TOOLS = ("pandas", "statsmodels", "pyarrow")


def tool_versions() -> Mapping[str, str]:
    """Return the versions of what only a study uses."""
    found = {}
    for name in _TOOLS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def changed_settings(settings: Settings) -> Mapping[str, object]:
    """Return the settings that differ from the defaults, named ``room.key``."""
    chosen, usual = settings.model_dump(), Settings().model_dump()
    return {
        f"{room}.{key}": value
        for room, values in chosen.items()
        for key, value in values.items()
        if value != usual[room][key]
    }


def methods_paragraph(
    visits: pd.DataFrame,
    exclusions: pd.DataFrame,
    cohort: pd.DataFrame,
    settings: Settings,
    repeatability: Repeatability | None,
    versions: Mapping[str, str],
) -> str:
    """Return the paragraph.

    Parameters
    ----------
    visits, exclusions, cohort : DataFrame
        Of the study.
    settings : Settings
        Tunables it was run with.
    repeatability : Repeatability or None
        The clinic's own; None for the published one.
    versions : mapping of str to str
        Versions of the tool and its libraries.
    """
    own = repeatability or default_repeatability()
    persons = visits["subject"].nunique()
    analysed = exclusions.loc[exclusions["step"].eq("analysed with the baseline")].iloc[0]
    limits = settings.change
    libraries = ", ".join(
        f"{name} {number}"
        for name, number in {**versions, **tool_versions()}.items()
        if name != "poremetrics"
    )
    changed = changed_settings(settings)
    differ = (
        "All settings were the defaults."
        if not changed
        else "Settings other than the defaults: "
        + ", ".join(f"{name} = {value}" for name, value in sorted(changed.items()))
        + "."
    )
    sentences = [
        f"Photographs of {persons} person{'s' if persons != 1 else ''} ({len(visits)} photos) were "
        f"analysed with poremetrics {versions['poremetrics']} ({libraries}).",
        "Every follow-up photo was compared with the person's baseline photo and with the photo of "
        "the visit before. The photos of a pair were aligned, brought to the same blur and noise, "
        "and every pore found in either was measured in both at the same place (forced "
        "measurement), over the skin that both show.",
        f"Visible pores are pores of at least {limits.visible_diameter_um:g} µm in diameter "
        "(Flament et al. 2015) where the scale is known, of at least "
        f"{limits.visible_diameter_px:g} pixels otherwise.",
        f"Skin shown finer than {settings.align.finest_px_per_mm:g} pixels per mm was worked on at "
        "that resolution.",
        "Changes of the size of the same pores were stretched by what relief is known to keep back "
        "at their signal over noise (fitted to rendered skin of known change).",
        f"Changes are ratios to the baseline with {100 * limits.confidence:g} % intervals that add "
        "sampling (paired spatial block bootstrap) and repeatability "
        f"(RC = 1.96 · √2 · wSD; source: {own.source}); verdicts hold family-wise (Holm).",
        "Pairs that failed a check of comparability were reported as not comparable; photos taken "
        f"less than {limits.minimum_days_since_treatment:g} days after a treatment were shown and "
        "left out of the analysis. "
        f"{int(analysed['photos'])} photos of {int(analysed['subjects'])} persons were analysed.",
        "The change per session is the slope of a line through the baseline, fitted by generalised "
        "least squares with the error of the baseline shared by all visits.",
        *(
            [
                "The cohort was analysed with a linear mixed model of the log ratio to baseline "
                "(restricted maximum likelihood; person as random effect, sides or regions nested "
                "in persons where several were followed; visit, treatment and side fixed). With "
                "control skin the effect of treatment is a difference in differences. Intervals "
                "use Student's t with the persons' degrees of freedom; tests of one term over the "
                "measures were corrected with Holm's procedure."
            ]
            if len(cohort)
            else []
        ),
        differ,
        "Results describe the appearance of pores in photographs, not their anatomy.",
    ]
    return "\n".join(sentences) + "\n"

"""Every tunable number of the tool, typed, with unit, range and source.

One fixed setting serves everybody. A file in TOML, one table per room, may override
single numbers; unknown keys and values outside their range are refused.
"""

from __future__ import annotations

import tomllib

from pydantic import ValidationError

from poremetrics.errors import UsageError
from poremetrics.settings._number import Room
from poremetrics.settings.align import AlignSettings
from poremetrics.settings.change import ChangeSettings
from poremetrics.settings.face import FaceSettings
from poremetrics.settings.pair import PairSettings
from poremetrics.settings.photo import PhotoSettings
from poremetrics.settings.pores import PoresSettings
from poremetrics.settings.report import ReportSettings
from poremetrics.settings.study import StudySettings

__all__ = ["Settings", "parse_settings"]


class Settings(Room):
    """All settings, one field per room."""

    photo: PhotoSettings = PhotoSettings()
    face: FaceSettings = FaceSettings()
    align: AlignSettings = AlignSettings()
    pores: PoresSettings = PoresSettings()
    pair: PairSettings = PairSettings()
    change: ChangeSettings = ChangeSettings()
    report: ReportSettings = ReportSettings()
    study: StudySettings = StudySettings()


def parse_settings(text: str, name: str = "settings") -> Settings:
    """Read settings from the text of a TOML file.

    Parameters
    ----------
    text : str
        TOML with one table per room, e.g. ``[pores]``.
    name : str
        How the file is called in error messages.

    Returns
    -------
    Settings
        Defaults overridden by what the text gives.

    Raises
    ------
    UsageError
        The text is not TOML, names an unknown key, or gives a value outside its range.

    Examples
    --------
    >>> parse_settings("") == Settings()
    True
    """
    try:
        return Settings.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            name, f"{key}: {first['msg']}", "see the settings page of the manual"
        ) from error
    # Besides its own error, which is a ValueError: an integer of more digits than Python reads,
    # or tables nested thousands deep.
    except (ValueError, RecursionError) as error:
        raise UsageError(name, f"not valid TOML ({error})", "correct that line") from error

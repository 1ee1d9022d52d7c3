"""How one tunable number is declared: default, range, unit, meaning and source."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Room(BaseModel):
    """Settings of one room: frozen, unknown keys refused, NaN and infinity refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def number(
    default: float | int, *, low: float, high: float, unit: str, doc: str, source: str
) -> Any:
    """Declare a tunable number of a :class:`Room`.

    Parameters
    ----------
    default : float or int
        The one value used for everybody.
    low, high : float
        Inclusive range outside which the value is refused.
    unit : str
        Unit as printed, ``"1"`` for a pure number.
    doc : str
        What the number does, in one sentence.
    source : str
        Where the default comes from: a publication, or the experiment that set it.

    Returns
    -------
    pydantic.fields.FieldInfo
        Field with the range as constraint and unit and source as metadata.
    """
    return Field(
        default,
        ge=low,
        le=high,
        description=doc,
        json_schema_extra={"unit": unit, "source": source},
    )

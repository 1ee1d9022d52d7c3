"""Settings of the room ``report``: how results are drawn and written. None changes a figure."""

from __future__ import annotations

from poremetrics.settings._number import Room, number

_LOOKED_AT = "reports looked at on a phone, a laptop and paper"


class ReportSettings(Room):
    """Tunable numbers of the room ``report``."""

    table_digits: int = number(
        7,
        low=4,
        high=15,
        unit="digits",
        doc="Significant digits of every number in the tables and in result.json.",
        source="a hundredth of a pixel at 99,999 px; hides rounding noise between machines",
    )

    # --- pictures ------------------------------------------------------------------------
    picture_megapixels: float = number(
        2.4,
        low=0.1,
        high=20.0,
        unit="Mpx",
        doc="A region's picture above this is reduced, and a detail at full size is added.",
        source="keeps the report of a 12 MP close-up under 8 MB",
    )
    detail_megapixels: float = number(
        1.0,
        low=0.05,
        high=10.0,
        unit="Mpx",
        doc="Size of the detail at full size.",
        source=_LOOKED_AT,
    )
    overview_height_px: int = number(
        720,
        low=100,
        high=4000,
        unit="px",
        doc="Height of the small picture that shows where the regions lie.",
        source=_LOOKED_AT,
    )
    picture_margin_share: float = number(
        0.04,
        low=0.0,
        high=0.5,
        unit="1",
        doc="Margin around a region in its picture, as a share of its longer side.",
        source=_LOOKED_AT,
    )
    jpeg_quality: int = number(
        87,
        low=40,
        high=100,
        unit="1",
        doc="JPEG quality of the pictures in the report.",
        source="pores look the same as in the photo at 200 %",
    )

    # --- privacy -------------------------------------------------------------------------
    eye_margin_share: float = number(
        0.20,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Margin of the band beside the eyes, as a share of the distance between them.",
        source=_LOOKED_AT,
    )
    eye_margin_upright_share: float = number(
        0.07,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Margin of the band above the brows and below the lids, likewise.",
        source=_LOOKED_AT,
    )

    rough_band_share: float = number(
        0.55,
        low=0.1,
        high=2.0,
        unit="1",
        doc="Half length of the band where only part of a face shows, as a share of its box.",
        source="16 faces cut down to one or both eyes: looked at",
    )
    rough_band_upright_share: float = number(
        0.25,
        low=0.05,
        high=1.0,
        unit="1",
        doc="Half height of that band, likewise.",
        source="16 faces cut down to one or both eyes: looked at",
    )

    # --- drawings ------------------------------------------------------------------------
    strip_pores: int = number(
        10,
        low=1,
        high=40,
        unit="pores",
        doc="Pores in the strip of the clearest single pores.",
        source=_LOOKED_AT,
    )
    strip_diameters: float = number(
        6.0,
        low=2.0,
        high=20.0,
        unit="1",
        doc="Side of a picture in the strip, in diameters of the middle-sized pore shown.",
        source=_LOOKED_AT,
    )
    strip_side_px: int = number(
        168,
        low=32,
        high=600,
        unit="px",
        doc="Side of a picture in the strip as drawn.",
        source=_LOOKED_AT,
    )
    size_change_step_pct: float = number(
        10.0,
        low=1.0,
        high=50.0,
        unit="%",
        doc="A single pore is coloured as smaller or larger from this change on.",
        source="about the error of one pore's diameter at 4 px",
    )
    size_change_strong_pct: float = number(
        25.0,
        low=2.0,
        high=90.0,
        unit="%",
        doc="A single pore is coloured as much smaller or larger from this change on.",
        source="strong effects in trials are from 29 %",
    )
    size_axis_visible: float = number(
        4.0,
        low=1.5,
        high=20.0,
        unit="1",
        doc="Right end of the drawing of pore sizes, in smallest diameters of a visible pore.",
        source="a pore is at most 1.0 mm across: four times 250 µm",
    )
    size_bin_um: float = number(
        25.0,
        low=5.0,
        high=200.0,
        unit="µm",
        doc="Width of a bar in the drawing of pore sizes.",
        source=_LOOKED_AT,
    )
    size_bin_px: float = number(
        0.5,
        low=0.05,
        high=10.0,
        unit="px",
        doc="The same where no scale is known.",
        source=_LOOKED_AT,
    )
    figure_width_mm: float = number(
        170.0,
        low=40.0,
        high=400.0,
        unit="mm",
        doc="Width of the figures as files: the text width of A4.",
        source="double column of most journals: 170 to 180 mm",
    )
    picture_figure_width_mm: float = number(
        85.0,
        low=40.0,
        high=400.0,
        unit="mm",
        doc="Width of the figures that show skin.",
        source="single column of most journals: 84 to 90 mm",
    )
    figure_dpi: int = number(
        300,
        low=72,
        high=1200,
        unit="1/inch",
        doc="Resolution of the figures as PNG files.",
        source="usual demand of journals",
    )

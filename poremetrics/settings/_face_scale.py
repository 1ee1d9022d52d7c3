"""Settings of the room ``face``: millimetres per pixel."""

from __future__ import annotations

from poremetrics.settings._number import Room, number


class FaceScale(Room):
    """How the scale of a face is told."""

    # --- iris and scale ------------------------------------------------------------------
    iris_crop: float = number(
        2.3,
        low=1.5,
        high=4.0,
        unit="1",
        doc="Side of the iris crop over the distance of the eye's corners.",
        source="MediaPipe's iris pipeline",
    )
    iris_mm: float = number(
        11.7,
        low=9.0,
        high=14.0,
        unit="mm",
        doc="Visible iris diameter, mean of people.",
        source="PubMed 15778595",
    )
    iris_sd_mm: float = number(
        0.4,
        low=0.05,
        high=2.0,
        unit="mm",
        doc="Standard deviation of the visible iris diameter between people.",
        source="PubMed 15778595",
    )
    iris_fit_rel_sd: float = number(
        0.02,
        low=0.0,
        high=0.2,
        unit="1",
        doc="Relative error of one measured iris diameter.",
        source="two eyes of one face differ by 2.8 % in the median, hence 2.0 % each",
    )
    maximum_iris_mismatch: float = number(
        0.12,
        low=0.01,
        high=0.5,
        unit="1",
        doc="Irises of one face that differ by more give no scale.",
        source="four times the median difference of the two eyes of one face",
    )
    minimum_eye_open: float = number(
        0.16,
        low=0.0,
        high=0.6,
        unit="1",
        doc="Least height of the eye's opening over its width for its iris to count.",
        source="a nearly closed eye gives no iris; open eyes have 0.2 to 0.4",
    )
    minimum_iris_px: float = number(
        12.0,
        low=2.0,
        high=200.0,
        unit="px",
        doc="Least iris diameter in the photo for its scale to count.",
        source="half a pixel at the rim of 12 px is already 4 %",
    )
    maximum_iris_yaw_deg: float = number(
        25.0,
        low=5.0,
        high=60.0,
        unit="deg",
        doc="Head turn past which the eyes give no scale.",
        source="past 25° the far eye is partly hidden",
    )
    population_ipd_mm: float = number(
        63.0,
        low=50.0,
        high=75.0,
        unit="mm",
        doc="Interpupillary distance, mean of adults.",
        source="Dodgson 2004 (3,976 adults)",
    )
    population_ipd_sd_mm: float = number(
        3.6,
        low=0.5,
        high=10.0,
        unit="mm",
        doc="Standard deviation of the interpupillary distance between adults.",
        source="Dodgson 2004 (3,976 adults)",
    )
    ipd_fit_rel_sd: float = number(
        0.01,
        low=0.0,
        high=0.2,
        unit="1",
        doc="Relative error of the interpupillary distance in pixels, gaze included.",
        source="repeatability of the iris centres and 1 to 2 mm of convergence",
    )
    given_rel_sd: float = number(
        0.01,
        low=0.0,
        high=0.2,
        unit="1",
        doc="Relative uncertainty of millimetres per pixel given by the user.",
        source="a ruler read to half a millimetre over 5 cm",
    )
    marker_rel_sd: float = number(
        0.01,
        low=0.0,
        high=0.2,
        unit="1",
        doc="Relative uncertainty of a marker's printed size and found corners.",
        source="paper shrinkage and 0.5 px of corner error on a marker of 100 px",
    )
    depth_rel_sd: float = number(
        0.02,
        low=0.0,
        high=0.2,
        unit="1",
        doc="Relative uncertainty of a region's depth against what gives the scale.",
        source="the nose, 25 mm before the eyes, at 0.5 or 1.5 m instead of the usual distance",
    )
    usual_distance_mm: float = number(
        800.0,
        low=200.0,
        high=5000.0,
        unit="mm",
        doc="Distance of the camera by which skin nearer than the eyes is seen larger.",
        source="between 0.5 m of a phone at arm's length and 1 to 1.5 m of a portrait lens",
    )
    shape_share: float = number(
        0.3,
        low=0.0,
        high=2.0,
        unit="1",
        doc="Relative uncertainty of the scale's correction for turned and curved skin.",
        source="mesh against rendered heads: areas of cheeks within 15 % at a correction of 35 %",
    )
    maximum_area_ratio: float = number(
        4.0,
        low=1.0,
        high=20.0,
        unit="1",
        doc="Largest correction of the area of a piece of skin for its turn.",
        source="skin turned by 75 degrees; further the mesh is a guess",
    )

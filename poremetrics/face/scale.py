"""Millimetres per pixel, from the best source there is, with its uncertainty.

The ladder, best first: a given scale or a marker of known size, a given interpupillary distance,
the visible iris, the population's interpupillary distance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.errors import SkinError
from poremetrics.face.iris import Iris
from poremetrics.face.pose import Lie
from poremetrics.model import Points, Rgb, Scale, ScaleSource
from poremetrics.settings.face import FaceSettings

_OF_EYES: tuple[ScaleSource, ...] = ("ipd", "iris", "population")
_DICTIONARIES = (
    cv2.aruco.DICT_4X4_1000,
    cv2.aruco.DICT_5X5_1000,
    cv2.aruco.DICT_6X6_1000,
    cv2.aruco.DICT_7X7_1000,
    cv2.aruco.DICT_ARUCO_ORIGINAL,
    cv2.aruco.DICT_APRILTAG_36h11,
    cv2.aruco.DICT_APRILTAG_25h9,
)


@dataclass(frozen=True, slots=True, eq=False)
class Eyes:
    """What both eyes tell about scale, in pixels of the photo.

    Attributes
    ----------
    right, left : Iris
        The person's own.
    ipd_px : float
        Interpupillary distance, turn of the head taken out.
    yaw_deg : float
        Turn of the head.
    """

    right: Iris
    left: Iris
    ipd_px: float
    yaw_deg: float


def find_marker(pixels: Rgb) -> Points | None:
    """Find an ArUco or AprilTag marker of a common dictionary, the largest one.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
        sRGB.

    Returns
    -------
    (4, 2) float64 or None
        Its corners in pixels, in order around it.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    best: Points | None = None
    for dictionary in _DICTIONARIES:
        detector = cv2.aruco.ArucoDetector(
            cv2.aruco.getPredefinedDictionary(dictionary), parameters
        )
        found, _, _ = detector.detectMarkers(grey)
        for corners in found:
            quad = np.asarray(corners, dtype=np.float64).reshape(4, 2)
            if best is None or _area(quad) > _area(best):
                best = quad
        if best is not None:
            return best
    return None


def scale_of_marker(corners: Points, marker_mm: float, settings: FaceSettings) -> Scale:
    """Return the scale from a marker's corners in photo pixels.

    The sides of a tilted marker differ; their spread widens the uncertainty.
    """
    sides = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    side_px = float(sides.mean())
    spread = float(sides.std() / side_px)
    rel_sd = float(np.hypot(settings.marker_rel_sd, spread))
    return Scale(marker_mm / side_px, rel_sd, "marker")


def scale_given(mm_per_px: float, settings: FaceSettings) -> Scale:
    """Return the scale the user gave."""
    return Scale(mm_per_px, settings.given_rel_sd, "given")


def scale_of_eyes(eyes: Eyes, ipd_mm: float | None, settings: FaceSettings) -> Scale | None:
    """Return the scale from the eyes, or None where the head is turned too far.

    Parameters
    ----------
    eyes : Eyes
        What was seen.
    ipd_mm : float or None
        Interpupillary distance measured on the person.
    settings : FaceSettings
        Sizes of the population and errors of the fit.
    """
    if ipd_mm is not None:
        return Scale(ipd_mm / eyes.ipd_px, settings.ipd_fit_rel_sd, "ipd")
    if abs(eyes.yaw_deg) > settings.maximum_iris_yaw_deg:
        return None
    iris_px = _iris_px(eyes, settings)
    if iris_px is not None:
        rel_sd = np.hypot(settings.iris_sd_mm / settings.iris_mm, iris_px[1])
        # 3.6 % with both eyes: the spread between people rules.
        return Scale(settings.iris_mm / iris_px[0], float(rel_sd), "iris")
    rel_sd = np.hypot(
        settings.population_ipd_sd_mm / settings.population_ipd_mm, settings.ipd_fit_rel_sd
    )
    return Scale(settings.population_ipd_mm / eyes.ipd_px, float(rel_sd), "population")


def on_region(scale: Scale, lie: Lie, settings: FaceSettings) -> Scale:
    """Carry a scale of the picture plane to the skin of a region.

    Turned and curved skin is seen shortened, so a pixel is longer on it; and what is nearer than
    the eyes is seen larger. What is not known well - the shape of this face and how far away the
    camera was - widens the uncertainty.

    Parameters
    ----------
    scale : Scale
        At the eyes or the marker.
    lie : Lie
        Of the region; where it is not known nothing is corrected.
    settings : FaceSettings
        ``depth_rel_sd``, ``shape_share``, ``usual_distance_mm``.
    """
    longer = float(np.nan_to_num(np.log(lie.slant)))
    of_eyes = scale.source in _OF_EYES
    nearer_mm = float(np.nan_to_num(lie.nearer_px)) * scale.mm_per_px if of_eyes else 0.0
    larger = longer - nearer_mm / settings.usual_distance_mm
    errors = [scale.rel_sd, settings.depth_rel_sd, settings.shape_share * longer]
    return replace(
        scale,
        mm_per_px=float(scale.mm_per_px * np.exp(larger)),
        rel_sd=float(np.linalg.norm(errors)),
    )


def check_marker(corners: Points | None, name: str) -> Points:
    """Return the corners, or refuse a photo whose promised marker is not found.

    Raises
    ------
    SkinError
        No marker.
    """
    if corners is None:
        raise SkinError(
            name,
            "no ArUco or AprilTag marker was found though its size is given",
            "photograph the whole marker flat and sharp, or leave out the marker's size",
        )
    return corners


def _iris_px(eyes: Eyes, settings: FaceSettings) -> tuple[float, float] | None:
    """Mean iris diameter and its relative error, or None where an eye cannot be trusted."""
    both = [
        iris.diameter_px
        for iris in (eyes.right, eyes.left)
        if iris.eye_open >= settings.minimum_eye_open
        and iris.diameter_px >= settings.minimum_iris_px
    ]
    if not both:
        return None
    if len(both) == 2 and abs(np.log(both[0] / both[1])) > settings.maximum_iris_mismatch:
        return None
    return float(np.mean(both)), settings.iris_fit_rel_sd / float(np.sqrt(len(both)))


def _area(quad: npt.NDArray[np.float64]) -> float:
    x, y = quad.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)

"""Which mesh points outline which part of the face.

Point numbers are those of the 468-point face mesh. Left and right are the person's own.
"""

from __future__ import annotations

from collections.abc import Mapping

REGION_POINTS: Mapping[str, tuple[int, ...]] = {
    "left_cheek": (345, 346, 347, 348, 329, 371, 423, 426, 436, 434, 416, 433, 376, 352),
    "right_cheek": (116, 117, 118, 119, 100, 142, 203, 206, 216, 214, 192, 213, 147, 123),
    # Along the upper rims of the nostrils, so that they stay out.
    "nose": (
        *(168, 193, 245, 188, 174, 217, 198, 131, 48, 219, 218, 237, 44, 1),
        *(274, 457, 438, 439, 278, 360, 420, 437, 399, 412, 465, 417),
    ),
    "forehead": (103, 67, 109, 10, 338, 297, 332, 334, 296, 336, 9, 107, 66, 105),
}
"""Outline of each region of skin, in order around it."""

RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)

MIRROR_PAIRS: tuple[tuple[int, int], ...] = (
    *zip(REGION_POINTS["right_cheek"], REGION_POINTS["left_cheek"], strict=True),
    *zip(RIGHT_EYE, LEFT_EYE, strict=True),
    *((103, 332), (67, 297), (109, 338), (105, 334), (66, 296), (107, 336), (54, 284)),
    *((48, 278), (217, 437), (174, 399), (188, 412), (61, 291), (172, 397), (127, 356)),
)
"""(right, left) points that mirror each other."""

MIDLINE_TOP, MIDLINE_CHIN = 10, 152
RIGHT_LIDS, LEFT_LIDS = (159, 145), (386, 374)
"""Middle of the upper and of the lower lid, which lie on the front of the eyes."""
FACE_RIGHT, FACE_LEFT = 234, 454

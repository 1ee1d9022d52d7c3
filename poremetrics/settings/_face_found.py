"""Settings of the room ``face``: sizes that may be given, the face and its mesh."""

from __future__ import annotations

from poremetrics.settings._number import Room, number

_MEDIAPIPE = "MediaPipe's own pipeline (face detection and face mesh, 0.10.21)"


class FoundFace(Room):
    """How a face and its mesh are found."""

    # --- sizes that are given --------------------------------------------------------------
    minimum_mm_per_px: float = number(
        0.0005,
        low=0.00001,
        high=0.01,
        unit="mm/px",
        doc="A finer given scale is taken for a slip of the pen.",
        source="the limit of light microscopy, 0.5 µm",
    )
    maximum_mm_per_px: float = number(
        1.0,
        low=0.1,
        high=10.0,
        unit="mm/px",
        doc="A coarser given scale is taken for a slip of the pen.",
        source="at 1 mm per pixel no pore is seen",
    )
    minimum_marker_mm: float = number(
        1.0,
        low=0.1,
        high=10.0,
        unit="mm",
        doc="A smaller given side of a marker is taken for a slip of the pen.",
        source="the cells of a 1 mm marker are as large as a coarse pore",
    )
    maximum_marker_mm: float = number(
        300.0,
        low=50.0,
        high=2000.0,
        unit="mm",
        doc="A larger given side of a marker is taken for a slip of the pen.",
        source="larger than a head, so it cannot lie beside one face",
    )
    minimum_ipd_mm: float = number(
        40.0,
        low=30.0,
        high=60.0,
        unit="mm",
        doc="A smaller given interpupillary distance is taken for a slip of the pen.",
        source="Dodgson 2004: adults 52-78 mm, children from 40 mm",
    )
    maximum_ipd_mm: float = number(
        80.0,
        low=65.0,
        high=100.0,
        unit="mm",
        doc="A larger given interpupillary distance is taken for a slip of the pen.",
        source="Dodgson 2004: adults 52-78 mm",
    )

    # --- finding the face ----------------------------------------------------------------
    minimum_detection_score: float = number(
        0.5,
        low=0.05,
        high=0.99,
        unit="1",
        doc="Least score of the detector for a face to be looked at.",
        source=_MEDIAPIPE,
    )
    same_face_overlap: float = number(
        0.3,
        low=0.05,
        high=0.95,
        unit="1",
        doc="Detections that overlap by more (intersection over union) are one face.",
        source=_MEDIAPIPE,
    )
    minimum_presence: float = number(
        0.9,
        low=0.1,
        high=1.0,
        unit="1",
        doc="Least probability, told by the mesh, that its crop shows a face.",
        source="nose close-ups fooled the detector in 9 of 16; all of them stay below 0.9",
    )
    minimum_turned_logit: float = number(
        16.0,
        low=0.0,
        high=100.0,
        unit="ln",
        doc="Least log odds of presence for a face that lies on its side or upside down.",
        source="15 portraits in four directions: right ones 20 and more, wrong ones 13 at most",
    )
    minimum_covered_score: float = number(
        0.35,
        low=0.05,
        high=1.0,
        unit="1",
        doc="Least score of either detector for a face, or part of one, whose eyes are covered.",
        source="18 faces cut down: 104 of 108 lone eyes found, no band on 54 cheeks and foreheads",
    )
    minimum_covered_logit: float = number(
        -2.0,
        low=-20.0,
        high=20.0,
        unit="ln",
        doc="Least log odds of presence, told by the mesh, for the same.",
        source="the same cuts: keeps the false bands to 4 of 18 noses",
    )
    minimum_points_inside: float = number(
        0.97,
        low=0.5,
        high=1.0,
        unit="1",
        doc="Least share of the mesh points that lie inside the photo.",
        source="half a face scores a presence of 1.0; whole faces keep every point",
    )
    minimum_face_px: float = number(
        240.0,
        low=60.0,
        high=5000.0,
        unit="px",
        doc="Least distance between the cheek edges of the mesh.",
        source="140 mm of face on 240 px: a pore of 1 mm spans under 2 px",
    )
    other_face_share: float = number(
        0.25,
        low=0.0,
        high=1.0,
        unit="1",
        doc="A second face is mentioned from this share of the largest one's width on.",
        source="smaller ones are pictures on a wall or people far behind",
    )
    search_copy_px: int = number(
        640,
        low=256,
        high=4000,
        unit="px",
        doc="Longer side of the reduced copy in which faces are looked for.",
        source="the larger detector sees 256 px; the rest serves the first mesh",
    )
    copy_reach: float = number(
        1.0,
        low=0.7,
        high=2.0,
        unit="1",
        doc="Side of the face's reduced copy over that of its mesh crop.",
        source="the crop already reaches half a face beyond the face",
    )
    mesh_copy_px: int = number(
        450,
        low=200,
        high=4000,
        unit="px",
        doc="Width of the face in the reduced copy that landmarks are worked on.",
        source="the mesh network sees the face about 130 px wide, the iris network 140 px",
    )
    face_copy_px: int = number(
        900,
        low=300,
        high=4000,
        unit="px",
        doc="Width of the face in the reduced copy that masks are worked on.",
        source="about 6 px/mm: hair strands still show, pores hardly do",
    )

    # --- mesh ----------------------------------------------------------------------------
    crop_per_box: float = number(
        1.5,
        low=1.0,
        high=2.5,
        unit="1",
        doc="Side of the mesh crop over the longer side of the face's box.",
        source=_MEDIAPIPE,
    )
    mesh_iterations: int = number(
        3,
        low=1,
        high=10,
        unit="runs",
        doc="How often the mesh is run on the crop that its own result asks for.",
        source="landmarks no longer move after the third run",
    )
    jitter_shift: float = number(
        0.02,
        low=0.0,
        high=0.2,
        unit="1",
        doc="Shift of a jittered crop, as a share of its side.",
        source="mean of 7 jittered crops repeats to 0.27 % of the eye distance, one to 0.42 %",
    )
    jitter_scale: float = number(
        0.03,
        low=0.0,
        high=0.2,
        unit="1",
        doc="Relative change of size of a jittered crop.",
        source="as jitter_shift",
    )
    jitter_turn_deg: float = number(
        3.0,
        low=0.0,
        high=20.0,
        unit="deg",
        doc="Turn of a jittered crop.",
        source="as jitter_shift",
    )

    pitch_zero_deg: float = number(
        -9.0,
        low=-30.0,
        high=30.0,
        unit="deg",
        doc="Apparent pitch of the line from chin to hairline where a head looks straight.",
        source="median of the 15 portraits, which look into the camera",
    )

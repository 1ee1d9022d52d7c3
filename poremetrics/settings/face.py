"""Settings of the room ``face``: finding the face, its skin, its pose and its scale."""

from __future__ import annotations

from poremetrics.settings._number import Room, number

_MEDIAPIPE = "MediaPipe's own pipeline (face detection and face mesh, 0.10.21)"
_PORTRAITS = "15 real portraits of 1 to 24 megapixels, looked at one by one"


class FaceSettings(Room):
    """Tunable numbers of the room ``face``."""

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

    # --- close-up ------------------------------------------------------------------------
    closeup_border: float = number(
        0.02,
        low=0.0,
        high=0.3,
        unit="1",
        doc="Border left out of a close-up, as a share of its shorter side.",
        source="lenses are softest and scans have frames there",
    )
    closeup_copy_px: int = number(
        1200,
        low=200,
        high=4000,
        unit="px",
        doc="Longer side of the reduced copy of a close-up that masks are worked on.",
        source="a 40 mm wide close-up has 30 px/mm there: hairs are 2 px wide",
    )
    closeup_width_mm: float = number(
        60.0,
        low=5.0,
        high=200.0,
        unit="mm",
        doc="Longer side that a close-up without scale is taken to show, for its masks only.",
        source="one cheek",
    )
    minimum_skin_px: int = number(
        2500,
        low=100,
        high=1_000_000,
        unit="px²",
        doc="A region with less usable skin is dropped.",
        source="50 x 50 px: no pore statistics are possible below",
    )

    # --- skin of a close-up --------------------------------------------------------------
    skin_redness_low: float = number(
        0.12,
        low=-1.0,
        high=2.0,
        unit="ln",
        doc="Least ln(red / green) of skin.",
        source=_PORTRAITS,
    )
    skin_redness_high: float = number(
        1.8,
        low=0.0,
        high=5.0,
        unit="ln",
        doc="Largest ln(red / green) of skin.",
        source=_PORTRAITS,
    )
    skin_yellowness_low: float = number(
        -0.25,
        low=-1.0,
        high=2.0,
        unit="ln",
        doc="Least ln(green / blue) of skin.",
        source=_PORTRAITS,
    )
    skin_yellowness_high: float = number(
        1.8,
        low=0.0,
        high=5.0,
        unit="ln",
        doc="Largest ln(green / blue) of skin.",
        source=_PORTRAITS,
    )
    minimum_skin_share: float = number(
        0.4,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Least share of a close-up that has the colour of skin.",
        source="judgement: skin fills the frame of a close-up",
    )

    minimum_closeup_px: int = number(
        100,
        low=16,
        high=10_000,
        unit="px",
        doc="Least shorter side of a close-up.",
        source="fewer show no pore at any useful scale",
    )
    texture_tile_px: int = number(
        1024,
        low=64,
        high=8192,
        unit="px",
        doc="Side of the middle part of a close-up whose texture is looked at.",
        source="tens of thousands of samples are left after three halvings",
    )
    texture_share: float = number(
        0.2,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Least contrast of a close-up at an eighth of its size, over that at full size.",
        source="white noise 0.13, cheeks of the 15 portraits 0.31 and more",
    )
    texture_floor: float = number(
        0.002,
        low=0.0,
        high=0.1,
        unit="ln",
        doc="Least contrast of a close-up at an eighth of its size.",
        source="a fifth of what the smoothest retouched cheek of the 15 portraits has",
    )

    # --- skin mask -----------------------------------------------------------------------
    coarsest_px_per_mm: float = number(
        1.25,
        low=0.1,
        high=10.0,
        unit="px/mm",
        doc="The masks take a copy for at least this fine.",
        source="the smallest face that is measured has 1.7 px/mm",
    )
    finest_px_per_mm: float = number(
        60.0,
        low=10.0,
        high=1000.0,
        unit="px/mm",
        doc="The masks take a copy for at most this fine.",
        source="1200 px across 20 mm, closer than a macro lens gets on a face",
    )
    glare_level: int = number(
        250,
        low=200,
        high=255,
        unit="level",
        doc="Pixels with two channels from this sRGB level on are clipped.",
        source="JPEG rings a few levels below 255",
    )
    dark_floor: float = number(
        0.001,
        low=0.0,
        high=0.1,
        unit="1",
        doc="Added to linear light so that black stays finite.",
        source="under one sRGB level of 8 bits at black",
    )
    shadow_floor: float = number(
        0.1,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Light, relative to the skin, below which contrast is taken for noise.",
        source="a tenth of the skin's light: sensor noise rules there in side-lit portraits",
    )
    colour_mm: float = number(
        0.3,
        low=0.05,
        high=5.0,
        unit="mm",
        doc="Blur (sigma) before colours are compared.",
        source="chroma of JPEG and sensors is coarse",
    )
    fine_mm: float = number(
        0.12,
        low=0.02,
        high=1.0,
        unit="mm",
        doc="Inner blur (sigma) of the band that shows hairs.",
        source="hairs are 0.05 to 0.12 mm thick",
    )
    texture_mm: float = number(
        0.3,
        low=0.1,
        high=3.0,
        unit="mm",
        doc="Outer blur (sigma) of the band that shows hairs.",
        source="stubble stands 0.5 to 1 mm apart",
    )
    glare_whiteness: float = number(
        0.45,
        low=0.05,
        high=1.0,
        unit="1",
        doc="Share of mirrored light from which skin is glare.",
        source=_PORTRAITS,
    )
    glare_step: float = number(
        0.2,
        low=0.0,
        high=2.0,
        unit="ln",
        doc="Glare is brighter than the skin around it by more.",
        source=_PORTRAITS,
    )
    glare_margin_mm: float = number(
        0.3,
        low=0.0,
        high=5.0,
        unit="mm",
        doc="Margin around glare.",
        source=_PORTRAITS,
    )
    mask_px_per_mm: float = number(
        2.5,
        low=0.5,
        high=20.0,
        unit="px/mm",
        doc="Resolution at which wide things are looked for.",
        source="a nostril is 4 mm wide: 10 px",
    )
    dark_width_mm: float = number(
        9.0,
        low=2.0,
        high=30.0,
        unit="mm",
        doc="Dark patches narrower than this are found by closing.",
        source=_PORTRAITS,
    )
    dark_step: float = number(
        0.6,
        low=0.05,
        high=3.0,
        unit="ln",
        doc="Patches darker than both sides by more are nostrils, brows, eyes, hair.",
        source=_PORTRAITS,
    )
    black_step: float = number(
        1.2,
        low=0.1,
        high=5.0,
        unit="ln",
        doc="What is darker than the skin by more and not of its colour is hair.",
        source=_PORTRAITS,
    )
    black_whiteness: float = number(
        0.35,
        low=0.0,
        high=1.0,
        unit="1",
        doc="How far from the skin's colour that has to be.",
        source=_PORTRAITS,
    )
    dark_margin_mm: float = number(
        0.5,
        low=0.0,
        high=5.0,
        unit="mm",
        doc="Margin around dark and foreign patches.",
        source=_PORTRAITS,
    )
    beard_mm: float = number(
        1.5,
        low=0.2,
        high=10.0,
        unit="mm",
        doc="Blur (sigma) over which fine contrast is averaged.",
        source=_PORTRAITS,
    )
    beard_contrast: float = number(
        0.1,
        low=0.01,
        high=1.0,
        unit="ln",
        doc="Fine contrast (root mean square) from which skin is beard.",
        source=_PORTRAITS,
    )
    strand_mm: float = number(
        4.0,
        low=1.0,
        high=30.0,
        unit="mm",
        doc="Least length of a strand.",
        source=_PORTRAITS,
    )
    strand_margin_mm: float = number(
        0.3,
        low=0.0,
        high=5.0,
        unit="mm",
        doc="Margin around strands.",
        source=_PORTRAITS,
    )
    foreign_redness: float = number(
        0.8,
        low=0.1,
        high=3.0,
        unit="ln",
        doc="Largest difference of ln(red / green) from the skin's.",
        source=_PORTRAITS,
    )
    foreign_whiteness: float = number(
        0.8,
        low=0.1,
        high=3.0,
        unit="1",
        doc="Largest whiteness of skin.",
        source=_PORTRAITS,
    )
    mask_margin_mm: float = number(
        6.0,
        low=0.0,
        high=50.0,
        unit="mm",
        doc="Surroundings of the regions that the masks are worked out on.",
        source="half a dark patch's width, so that no patch is cut by the border",
    )
    beard_cap: float = number(
        0.15,
        low=0.01,
        high=1.0,
        unit="ln",
        doc="Largest fine contrast one place adds; single pores do not count as beard.",
        source=_PORTRAITS,
    )
    beard_ratio: float = number(
        2.0,
        low=1.0,
        high=10.0,
        unit="1",
        doc="Beard has at least this many times the fine contrast of the photo's own skin.",
        source=_PORTRAITS,
    )
    paint_step: float = number(
        0.2,
        low=0.0,
        high=2.0,
        unit="ln",
        doc="Red paint sends at most this much less red light than the skin.",
        source=_PORTRAITS,
    )
    strand_blur_mm: float = number(
        0.7,
        low=0.1,
        high=5.0,
        unit="mm",
        doc="Blur (sigma) over which the alignment of fine structure is judged.",
        source=_PORTRAITS,
    )
    strand_alignment: float = number(
        0.55,
        low=0.1,
        high=1.0,
        unit="1",
        doc="Least alignment of a single hair.",
        source=_PORTRAITS,
    )
    beard_alignment: float = number(
        0.45,
        low=0.1,
        high=1.0,
        unit="1",
        doc="Least mean alignment of beard, brows and locks.",
        source="beards and brows 0.5 to 0.8, skin 0.15 to 0.35 on the 15 portraits",
    )
    hair_strength: float = number(
        1.6,
        low=0.5,
        high=10.0,
        unit="1",
        doc="Least strength of hair, relative to the photo's own skin.",
        source=_PORTRAITS,
    )
    hair_gap_mm: float = number(
        1.5,
        low=0.0,
        high=10.0,
        unit="mm",
        doc="Gaps in hair narrower than twice this are closed.",
        source=_PORTRAITS,
    )
    fragment_mm2: float = number(
        20.0,
        low=0.0,
        high=500.0,
        unit="mm²",
        doc="Islands of skin smaller than this are left out.",
        source=_PORTRAITS,
    )
    unlit_step: float = number(
        2.0,
        low=0.5,
        high=5.0,
        unit="ln",
        doc="Darker than the skin by more there is only noise.",
        source="with shadow_floor: 3.5 % of the skin's light, almost 5 stops down",
    )
    glare_width_mm: float = number(
        20.0,
        low=2.0,
        high=100.0,
        unit="mm",
        doc="Bright places wider than this are lit skin, not glare.",
        source=_PORTRAITS,
    )

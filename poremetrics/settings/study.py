"""Settings of the room ``study``: series of visits and whole studies."""

from __future__ import annotations

from poremetrics.settings._number import Room, number


class StudySettings(Room):
    """Tunable numbers of the room ``study``."""

    # --- the manifest --------------------------------------------------------------------
    minimum_ipd_mm: float = number(
        40.0,
        low=30.0,
        high=60.0,
        unit="mm",
        doc="A smaller interpupillary distance in a manifest is taken for a slip of the pen.",
        source="Dodgson 2004: adults 52-78 mm, children from 40 mm",
    )
    maximum_ipd_mm: float = number(
        80.0,
        low=65.0,
        high=100.0,
        unit="mm",
        doc="A larger interpupillary distance in a manifest is taken for a slip of the pen.",
        source="Dodgson 2004: adults 52-78 mm",
    )
    maximum_mm_per_px: float = number(
        1.0,
        low=0.1,
        high=10.0,
        unit="mm/px",
        doc="A coarser scale in a manifest is taken for a slip of the pen.",
        source="at 1 mm per pixel no pore is seen",
    )

    # --- one pore, one id ----------------------------------------------------------------
    same_pore_diameters: float = number(
        0.5,
        low=0.1,
        high=2.0,
        unit="diameters",
        doc="Two sightings closer than this share of their mean diameter are one pore.",
        source="synthetic pores never lie closer than 1.5 mean diameters",
    )
    same_pore_floor_px: float = number(
        1.5,
        low=0.1,
        high=10.0,
        unit="px",
        doc="Two sightings of small pores may differ by this much all the same.",
        source="largest alignment error at which two photos are compared",
    )

    # --- one person ----------------------------------------------------------------------
    shared_baseline: float = number(
        0.5,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Correlation of the errors of two changes measured against one baseline photo.",
        source="half of each change's variance is the baseline photo's",
    )
    level_margin_pct: float = number(
        5.5,
        low=0.5,
        high=50.0,
        unit="%",
        doc="Levelled off: the last step's whole interval lies within plus or minus this.",
        source="half of the smallest significant effect in trials (-11 %, glycolic peel)",
    )
    filmstrip_pores: int = number(
        12,
        low=0,
        high=200,
        unit="pores",
        doc="Clearest pores of each pair whose patches are kept for filmstrips.",
        source="six fit a page; as many again, since not every visit shows every pore",
    )
    filmstrip_side_px: int = number(
        49,
        low=9,
        high=301,
        unit="px",
        doc="Side of a patch of a filmstrip, in pixels of the common grid.",
        source="3 mm at 16 px/mm: a pore and its neighbours",
    )

    filmstrip_shown: int = number(
        6,
        low=0,
        high=200,
        unit="pores",
        doc="Filmstrips in a person's report.",
        source="six fit a page",
    )
    filmstrip_zoom: int = number(
        3,
        low=1,
        high=16,
        unit="1",
        doc="Enlargement of the patches of a filmstrip.",
        source="147 px on the screen, six visits side by side",
    )
    person_pages: int = number(
        200,
        low=0,
        high=100_000,
        unit="persons",
        doc="Reports of single persons that a study writes; the tables always hold everybody.",
        source="judgement: a page takes about a second and half a megabyte",
    )

    # --- the cohort ----------------------------------------------------------------------
    minimum_subjects: int = number(
        3,
        low=2,
        high=100,
        unit="persons",
        doc="Fewer persons than this: no cohort model.",
        source="with two persons a spread between persons is a guess",
    )

    # --- running -------------------------------------------------------------------------
    waiting_tasks: int = number(
        4,
        low=1,
        high=100,
        unit="pairs per worker",
        doc="Pairs handed out ahead of each worker; more only cost memory.",
        source="hides the time of handing over; memory stays flat over any number of pairs",
    )
    tries: int = number(
        2,
        low=1,
        high=5,
        unit="1",
        doc="How often a pair is tried whose worker process died.",
        source="a second try tells a bad photo from a machine short of memory",
    )
    gathered_here: int = number(
        12,
        low=1,
        high=1_000_000,
        unit="series",
        doc="With fewer persons (or sides) than this, no workers are started to put them together.",
        source="starting workers takes as long as putting some ten persons together",
    )
    scheduler_s: float = number(
        20.0,
        low=1.0,
        high=600.0,
        unit="s",
        doc="How long a Dask scheduler may take to answer.",
        source="judgement: long enough for a loaded network, short enough to wait for",
    )

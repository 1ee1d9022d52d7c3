"""Settings of the room ``photo``."""

from __future__ import annotations

from poremetrics.settings._number import Room, number


class PhotoSettings(Room):
    """Tunable numbers of the room ``photo``."""

    # --- what is read --------------------------------------------------------------------
    maximum_megapixels: float = number(
        102.0,
        low=1.0,
        high=1000.0,
        unit="Mpx",
        doc="A photo that claims more pixels than this is refused before it is decoded.",
        source="promised: up to 100 megapixels; sensors sold as 100 Mpx give 101.9",
    )
    minimum_side_px: int = number(
        64,
        low=16,
        high=10_000,
        unit="px",
        doc="A photo with a shorter side than this is refused.",
        source="one tile of the power spectra of `quality`; below it nothing can be measured",
    )
    maximum_file_mb: float = number(
        1000.0,
        low=1.0,
        high=10_000.0,
        unit="MB",
        doc="A larger file is refused before it is read.",
        source="100 Mpx of uncompressed 16-bit RGBA take 800 MB",
    )
    srgb_tolerance_levels: int = number(
        2,
        low=0,
        high=16,
        unit="levels of 255",
        doc="A profile that moves no colour of a coarse lattice by more counts as sRGB itself.",
        source="common sRGB profiles differ by 1 level in rounding; Display P3 moves up to 40",
    )

    # --- power spectrum of the skin ------------------------------------------------------
    flatten_sigma_px: float = number(
        16.0,
        low=4.0,
        high=100.0,
        unit="px",
        doc="Shading coarser than this Gaussian is divided out before the spectrum is taken.",
        source="well above pore spacing in portraits (5-15 px), well below a cheek (300 px)",
    )
    outlier_sigmas: float = number(
        5.0,
        low=2.0,
        high=20.0,
        unit="robust SD",
        doc="Darker or brighter skin than this (hairs, sparkle) is cut to it.",
        source="a single lash else outweighs all pores of a tile",
    )
    large_tile_px: int = number(
        128,
        low=32,
        high=512,
        unit="px",
        doc="Side of the spectrum's tiles where the skin is large enough.",
        source="out-of-focus portraits roll off below 0.05 cycles/px, out of reach of 64 px",
    )
    small_tile_px: int = number(
        64,
        low=16,
        high=256,
        unit="px",
        doc="Side of the spectrum's tiles on small skin.",
        source="the tile of the relative blur measurement",
    )
    tile_cover: float = number(
        0.75,
        low=0.3,
        high=1.0,
        unit="1",
        doc="Smallest share of a tile's window energy that lies on usable skin.",
        source="keeps two thirds of the tiles of a cheek; leakage stays below the noise",
    )
    minimum_tiles: int = number(
        4,
        low=1,
        high=100,
        unit="tiles",
        doc="With fewer tiles there is no spectrum.",
        source="each power then has a standard error of at most 10 % in a ring of 25 modes",
    )
    maximum_tiles: int = number(
        40,
        low=4,
        high=10_000,
        unit="tiles",
        doc="More tiles than this are thinned out evenly.",
        source="the model's own error (15 %) dominates from here on; keeps the time bounded",
    )
    spectrum_slope: float = number(
        1.5,
        low=0.0,
        high=4.0,
        unit="1",
        doc="Expected fall of the power of sharp skin with frequency, as a power law.",
        source="in-focus cheeks of eleven portraits, 0.02-0.1 cycles/px: 1 to 2",
    )
    spectrum_slope_sd: float = number(
        0.8,
        low=0.05,
        high=5.0,
        unit="1",
        doc="How far that slope may stray.",
        source="the same portraits, doubled",
    )
    steepest_slope: float = number(
        2.0,
        low=0.5,
        high=6.0,
        unit="1",
        doc="A steeper texture than this is blurred texture.",
        source="the same portraits in focus: 1 to 2; out-of-focus regions 2 to 4",
    )
    sharp_below: float = number(
        0.05,
        low=0.005,
        high=0.2,
        unit="cycles/px",
        doc="Frequency up to which blur is taken not to have touched such a texture.",
        source="a blur of 2 px takes a third of the power there",
    )
    spectrum_model_error: float = number(
        0.15,
        low=0.01,
        high=1.0,
        unit="ln power",
        doc="Misfit of the model that is expected at any frequency.",
        source="residuals of sharp cheeks, JPEG included",
    )
    soft_lens_sd_px: float = number(
        2.0,
        low=0.2,
        high=50.0,
        unit="px",
        doc="Expected size of the lens blur; holds it down where grain hides the texture.",
        source="grainy but sharp portraits read 3-4 px without it; out-of-focus ones stay above 5",
    )
    any_processing_px2: float = number(
        0.2,
        low=0.0,
        high=10.0,
        unit="px²",
        doc="Variance that the processing of an unknown camera adds to the point spread.",
        source="a colour filter array adds 0.25 px², sharpening takes some",
    )
    any_softer_sd_px2: float = number(
        3.0,
        low=0.01,
        high=50.0,
        unit="px²",
        doc="How much more it may add.",
        source="denoising and enlarging know hardly a limit: 1.7 px",
    )
    any_fourth_px4: float = number(
        2.0,
        low=0.0,
        high=50.0,
        unit="px⁴",
        doc="Its part that goes with the fourth power of frequency.",
        source="JPEG and resampling cut what a Gaussian lets pass: ln power -2 at 0.4 cycles/px",
    )
    any_noise: float = number(
        0.02,
        low=0.001,
        high=0.5,
        unit="ln luminance",
        doc="Noise of a pixel on skin before the processing of a camera shapes it (sd).",
        source="shot noise of skin at a third of 20 000 electrons: 1 % at ISO 100, 5 % at 1600",
    )
    any_noise_spread: float = number(
        5.0,
        low=0.1,
        high=10.0,
        unit="ln",
        doc="How far the noise of a photo of unknown scale may be from that (sd).",
        source="it only keeps finite what the data may leave open",
    )
    sharpening_sd_px2: float = number(
        0.3,
        low=0.01,
        high=10.0,
        unit="px²",
        doc="Expected strength of the camera's sharpening, as a negative variance.",
        source="noise spectra of four strongly sharpened portraits: up to 0.6",
    )
    blur_reference: float = number(
        0.25,
        low=0.05,
        high=0.45,
        unit="cycles/px",
        doc="Frequency at which the transfer is expressed as the sigma of a Gaussian.",
        source="a pore of 3 px, the smallest that is sized",
    )
    texture_low_per_mm: float = number(
        0.4,
        low=0.05,
        high=5.0,
        unit="cycles/mm",
        doc="Low end of the band of skin texture where the scale is known.",
        source="twice the distance of neighbouring pores (about 1.2 mm)",
    )
    texture_high_per_mm: float = number(
        1.0,
        low=0.1,
        high=20.0,
        unit="cycles/mm",
        doc="High end of that band.",
        source="period of 1 mm, resolved in every portrait of 5 px/mm or more",
    )
    texture_low_per_px: float = number(
        0.05,
        low=0.01,
        high=0.4,
        unit="cycles/px",
        doc="Low end of the band of skin texture where no scale is known.",
        source="the band in mm at the 8 px/mm of a usual portrait",
    )
    texture_high_per_px: float = number(
        0.12,
        low=0.02,
        high=0.5,
        unit="cycles/px",
        doc="High end of that band.",
        source="the band in mm at the 8 px/mm of a usual portrait",
    )
    usual_texture: float = number(
        0.04,
        low=0.001,
        high=1.0,
        unit="ln luminance",
        doc="SD of ln luminance in that band on plain skin in focus.",
        source="lower quartile of 55 regions of fourteen portraits in focus",
    )

    # --- other figures of quality --------------------------------------------------------
    minimum_pixels: int = number(
        1000,
        low=10,
        high=1_000_000,
        unit="px",
        doc="With less usable skin than this a figure is not measurable.",
        source="standard error of a share of 5 %: 0.7 %",
    )
    clipped_low_level: int = number(
        2,
        low=0,
        high=50,
        unit="levels of 255",
        doc="A pixel whose every channel is at most this is clipped black.",
        source="black with JPEG rounding",
    )
    clipped_high_level: int = number(
        253,
        low=200,
        high=255,
        unit="levels of 255",
        doc="A pixel with a channel of at least this is clipped white.",
        source="white with JPEG rounding",
    )
    glare_smooth_px: float = number(
        2.0,
        low=0.3,
        high=20.0,
        unit="px",
        doc="Gaussian over which the colour of light is averaged to tell the light of the surface.",
        source="two chroma samples of a 4:2:0 JPEG",
    )
    minimum_colour: float = number(
        0.05,
        low=0.0,
        high=1.0,
        unit="1",
        doc="Least median (red - blue) / luminance, linear, that tells light of the surface.",
        source="skin of all tones has 0.3 or more; black-and-white photos have 0",
    )

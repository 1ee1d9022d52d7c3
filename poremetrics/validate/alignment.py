"""See how far the alignment is off, what it refuses, and how well pores are linked.

    python -m poremetrics.validate.alignment [--portraits FOLDER] [--out FOLDER]

prints three tables as Markdown, for the package as it is:

residuals
    Length of the error against the exact map, for each nuisance: rendered sample photos and, with
    ``--portraits``, real ones, photographed again without touching the skin; synthetic skin under
    another light; rendered visits, at the places of the pores that both show.
refusals
    Fifty pairs and more of different people, each of which must be told; mirrored, turned and
    swapped photos, and one photo twice.
links
    Precision and recall over the common area, from few pores to many.

Every nuisance is tried on ``--each`` photos of a kind, which take turns. No photo leaves its
folder.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import pandas as pd

from poremetrics.errors import PoremetricsError
from poremetrics.model import View
from poremetrics.validate import SEED
from poremetrics.validate.alignment_tables import (
    link_table,
    markdown,
    refusal_table,
    residual_summary,
    residual_table,
    shortfalls,
)
from poremetrics.validate.cases import Row, run_pair
from poremetrics.validate.plan import link_pairs
from poremetrics.validate.residuals import (
    CHANGES,
    SYNTHETIC_CHANGES,
    Trial,
    reshot_trial,
    seen,
    synthetic_trial,
    visit_trial,
)
from poremetrics.validate.strangers import (
    Sight,
    odd_cases,
    pairs_of,
    stranger,
    swapped_cheeks,
)
from poremetrics.validate.subjects import Pair
from poremetrics.workers import worker_pool

PAIRS_OF_STRANGERS = 50
"""Fewest pairs of different people."""

_FACES, _CLOSE_UPS, _PORTRAITS = "sample faces", "sample close-ups", "portraits"
_SYNTHETIC = "synthetic skin"
_PEOPLE = "abc"
_VISITS = ((0, 1), (2, 3))  # the second has the largest yaw between two visits
_SYNTHETIC_PEOPLE = 12  # both types of skin that are next to each other in tone, and equal ones
_PORTRAIT_STEPS = (1, 2)  # every portrait meets the next ones

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Group:
    """Photos of one kind.

    Attributes
    ----------
    source : str
        As printed.
    view : str
        Face or close-up.
    paths : tuple of Path
        The photos.
    """

    source: str
    view: View
    paths: tuple[Path, ...]

    def turns(self, each: int) -> Iterator[tuple[str, Path]]:
        """Yield every change with as many photos as asked, in turn."""
        for index, label in enumerate(CHANGES):
            for place in range(min(each, len(self.paths))):
                yield label, self.paths[(index + place) % len(self.paths)]

    def sights(self, people: Sequence[str]) -> list[Sight]:
        """Return the photos as people who are not each other."""
        return [
            Sight(person, f"{path.parent.name}/{path.stem}", self.view, path)
            for person, path in zip(people, self.paths, strict=True)
        ]


def groups(samples: Path, portraits: Path | None) -> list[Group]:
    """Return the photos to work on."""
    faces = tuple(samples / f"person_{one}" / "visit_0.jpg" for one in _PEOPLE)
    close_ups = tuple(samples / "close_up" / f"person_{one}_visit_0.jpg" for one in _PEOPLE)
    found = [Group(_FACES, "face", faces), Group(_CLOSE_UPS, "closeup", close_ups)]
    if portraits is not None:
        found.append(Group(_PORTRAITS, "face", tuple(sorted(portraits.rglob("*.jpg")))))
    return found


def residual_jobs(
    samples: Path, photos: Sequence[Group], each: int
) -> Iterator[Callable[[], list[Trial]]]:
    """Yield what tells how far the alignment is off."""
    for group in photos:
        for label, path in group.turns(each):
            yield partial(_reshot, group.source, path, group.view, label)
    for index, label in enumerate(SYNTHETIC_CHANGES):
        for place in range(2 * each):
            yield partial(_one, synthetic_trial, _SYNTHETIC, index + 2 * place, label)
    for first, second in _VISITS:
        for person in _PEOPLE:
            paths = (samples / f"person_{person}" / f"visit_{n}.jpg" for n in (first, second))
            yield partial(_one, visit_trial, "sample visits", *paths, "face")
    for person in _PEOPLE:
        paths = (samples / "close_up" / f"person_{person}_visit_{n}.jpg" for n in (0, 3))
        yield partial(_one, visit_trial, "close-up visits", *paths, "closeup")


def refusal_jobs(samples: Path, photos: Sequence[Group]) -> Iterator[Callable[[], list[Row]]]:
    """Yield pairs of strangers and odd cases."""
    faces, close_ups = (group.sights(_PEOPLE) for group in photos[:2])
    later = Group(
        _FACES, "face", tuple(samples / f"person_{one}" / "visit_2.jpg" for one in _PEOPLE)
    ).sights(_PEOPLE)
    drawn = [
        Sight(f"subject {seed}", f"subject {seed}", "closeup", seed=seed)
        for seed in range(_SYNTHETIC_PEOPLE)
    ]
    # Faces by landmarks, close-ups by features; subjects six apart have the same tone.
    pairs = [(_FACES, *pair) for step in (1, 2) for pair in pairs_of(faces, step)]
    pairs += [
        (_FACES, one, other) for one in faces for other in later if one.person != other.person
    ]
    pairs += [(_CLOSE_UPS, *pair) for step in (1, 2) for pair in pairs_of(close_ups, step)]
    pairs += [(_SYNTHETIC, *pair) for step in (1, 6) for pair in pairs_of(drawn, step)]
    pairs += [
        ("sample against synthetic", one, other)
        for one, other in zip(close_ups * 4, drawn, strict=True)
    ][: PAIRS_OF_STRANGERS - len(pairs)]
    odd = [(_FACES, faces[0]), (_CLOSE_UPS, close_ups[1]), (_SYNTHETIC, drawn[2])]
    for group in photos[2:]:
        own = group.sights([path.stem for path in group.paths])
        pairs += [(_PORTRAITS, *pair) for step in _PORTRAIT_STEPS for pair in pairs_of(own, step)]
        pairs += [
            ("portrait against sample", one, faces[index % len(faces)])
            for index, one in enumerate(own)
        ]
        odd += [(_PORTRAITS, one) for one in own[:1]]
    for pair in pairs:
        yield partial(stranger, *pair)
    for source, one in odd:
        yield partial(odd_cases, source, one)
        if one.view == "face":
            yield partial(swapped_cheeks, source, one)


def link_jobs() -> Iterator[Callable[[], list[Row]]]:
    """Yield pairs with few pores to many."""
    for case in link_pairs(SEED):
        yield partial(_linked, case)


def _linked(case: Pair) -> list[Row]:
    return [row for part in run_pair(case) for row in part.rows]


def _one(trial: Callable[..., Trial], *about: object) -> list[Trial]:
    return [trial(*about)]


def _reshot(source: str, path: Path, view: View, label: str) -> list[Trial]:
    """Return the trial of a photo; none where it shows no usable skin to begin with."""
    try:
        seen(path, view)
    except PoremetricsError:
        return []
    return [reshot_trial(source, path, view, label)]


def collected(stage: str, jobs: Iterable[Callable[[], list[T]]], pool: Executor) -> list[T]:
    """Return what the jobs found, in their order, telling on the way how far they are."""
    futures = [pool.submit(job) for job in jobs]
    found: list[T] = []
    for number, future in enumerate(futures, 1):
        found += future.result()
        print(f"\r{stage}: {number} of {len(futures)} ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def tables(
    samples: Path, portraits: Path | None, *, each: int, workers: int
) -> dict[str, pd.DataFrame]:
    """Return the three tables by name."""
    photos = groups(samples, portraits)
    with worker_pool(workers) as pool:
        trials = collected("residuals", residual_jobs(samples, photos, each), pool)
        pairs = collected("refusals", refusal_jobs(samples, photos), pool)
        links = collected("links", link_jobs(), pool)
    return {
        "residuals": residual_table(trials),
        "refusals": refusal_table(pairs),
        "links": link_table(links),
    }


def main() -> None:
    """Print the tables, and write them as CSV where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=Path, default=Path("sample_images"))
    parser.add_argument("--portraits", type=Path)
    parser.add_argument("--out", type=Path, help="folder that exists, for the tables as CSV")
    parser.add_argument("--each", type=int, default=1, help="photos of a kind per nuisance")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    for folder in (asked.samples, asked.portraits, asked.out):
        if folder is not None and not folder.is_dir():
            parser.error(f"{folder} is no folder")
    made = tables(asked.samples, asked.portraits, each=asked.each, workers=asked.workers)
    for name, table in made.items():
        printed = residual_summary(table) if name == "residuals" else table
        print(f"\n{name}\n\n{markdown(printed)}")
        if asked.out is not None:
            table.to_csv(asked.out / f"{name}.csv", index=False)
    print("\nfalls short\n")
    print("\n".join(f"- {line}" for line in shortfalls(made) or ("nothing",)))


if __name__ == "__main__":
    main()

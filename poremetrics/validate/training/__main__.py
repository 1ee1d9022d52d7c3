"""Train the network and write its weights."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from poremetrics.validate.training.crops import crop
from poremetrics.validate.training.pictures import Picture, faces_below, of_face, synthetic
from poremetrics.validate.training.turning import PoreNet, as_onnx, loss


@dataclass(frozen=True, slots=True)
class Round:
    """One round of training.

    Attributes
    ----------
    seed : int
        Of its pictures and crops.
    steps : int
        Batches learned from.
    rate : float
        Highest rate of learning.
    hairy_share : float
        How many of the pictures of smooth skin have hairs, 0..1.
    """

    seed: int
    steps: int
    rate: float
    hairy_share: float


ROUNDS = (
    Round(20250102, 10_000, 2.5e-3, 0.0),
    Round(20255102, 2_500, 6e-4, 0.15),
    Round(20257102, 5_000, 1e-3, 0.15),
)
"""Shown hairs from the start, it takes two touching pores for a piece of one; never shown them, it
takes the end of a hair for a pore. The third round is for grain: with the first two alone, pits of
one cheek are told less alike at other sizes (decision 24)."""
SYNTHETIC = 720
"""Pictures of synthetic skin, in every round."""
FACES_SHARE = 0.5
"""Share of the crops that are cut from rendered faces."""
BATCH, DECAY, WARM_UP, LARGEST_GRADIENT = 32, 1e-4, 0.1, 5.0
TOLD_EVERY = 100

Batch = tuple[torch.Tensor, torch.Tensor]


class Crops(IterableDataset[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]):
    """Crops without end, each picture as often as its share says."""

    def __init__(
        self, pictures: Sequence[Picture], shares: npt.NDArray[np.float64], seed: int
    ) -> None:
        self.pictures, self.shares, self.seed = pictures, shares / shares.sum(), seed

    def __iter__(self) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
        """Yield what is shown and what is wanted."""
        cv2.setNumThreads(1)
        worker = get_worker_info()
        rng = np.random.default_rng((self.seed, worker.id if worker else 0))
        while True:
            cut = crop(self.pictures[rng.choice(len(self.pictures), p=self.shares)], rng)
            yield cut.shown, cut.wanted


def regions_of(faces: Path, workers: int) -> list[Picture]:
    """Return the regions of all rendered people."""
    with ProcessPoolExecutor(workers) as pool:
        return [one for part in pool.map(of_face, faces_below(faces)) for one in part]


def crops_of(regions: Sequence[Picture], chosen: Round, workers: int) -> Crops:
    """Return the crops of one round: half of them of faces, half of synthetic skin."""
    seeds = range(chosen.seed, chosen.seed + SYNTHETIC)
    with ProcessPoolExecutor(workers) as pool:
        drawn = list(
            pool.map(partial(synthetic, hairy_share=chosen.hairy_share), seeds, chunksize=8)
        )
    shares = [np.full(len(regions), FACES_SHARE / max(len(regions), 1))]
    shares.append(np.full(len(drawn), (1.0 - FACES_SHARE) / len(drawn)))
    return Crops([*regions, *drawn], np.concatenate(shares), chosen.seed)


def tell(line: str) -> None:
    """Say how far the work is: the output is for the weights."""
    print(line, file=sys.stderr, flush=True)


def learn(net: PoreNet, batches: Iterator[Batch], steps: int, rate: float) -> None:
    """Take so many steps of AdamW, the rate rising and falling once."""
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=steps, pct_start=WARM_UP
    )
    smooth = None
    for step, (shown, wanted) in zip(range(steps), batches, strict=False):
        with torch.autocast("cpu", torch.bfloat16):
            said = net(shown.to(memory_format=torch.channels_last))
        misfit = loss(said.float(), wanted)
        optimiser.zero_grad()
        misfit.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), LARGEST_GRADIENT)
        optimiser.step()
        schedule.step()
        smooth = misfit.item() if smooth is None else 0.98 * smooth + 0.02 * misfit.item()
        if (step + 1) % TOLD_EVERY == 0:
            tell(f"step {step + 1} of {steps}: loss {smooth:.3f}")


def main() -> None:
    """Train, write the weights, and tell their digest, which the package checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", type=Path, help="folder of rendered people")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    regions = regions_of(asked.faces, asked.workers)
    tell(f"{len(regions)} regions of faces")
    torch.set_num_threads(1)  # sums in one order
    torch.manual_seed(ROUNDS[0].seed)
    net = PoreNet()
    for chosen in ROUNDS:
        crops = crops_of(regions, chosen, asked.workers)
        loader = DataLoader(crops, batch_size=BATCH, num_workers=asked.workers, prefetch_factor=4)
        learn(net, iter(loader), chosen.steps, chosen.rate)
    content = as_onnx(net.eval())
    sys.stdout.buffer.write(content)
    tell(f"SHA256 = {hashlib.sha256(content).hexdigest()!r}")


if __name__ == "__main__":
    main()

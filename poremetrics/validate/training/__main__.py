"""Train the network and write its weights."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from poremetrics.validate.training.crops import crop
from poremetrics.validate.training.pictures import Picture, faces_below, of_face, synthetic
from poremetrics.validate.training.turning import PoreNet, as_onnx, loss

SEED = 20250102
SYNTHETIC = 720
"""Pictures of synthetic skin."""
FACES_SHARE = 0.5
"""Share of the crops that are cut from rendered faces."""
BATCH, RATE, DECAY, WARM_UP, LARGEST_GRADIENT = 32, 2.5e-3, 1e-4, 0.1, 5.0
TOLD_EVERY = 100

Batch = tuple[torch.Tensor, torch.Tensor]


class Crops(IterableDataset[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]):
    """Crops without end, each picture as often as its share says."""

    def __init__(self, pictures: Sequence[Picture], shares: npt.NDArray[np.float64]) -> None:
        self.pictures, self.shares = pictures, shares / shares.sum()

    def __iter__(self) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
        """Yield what is shown and what is wanted."""
        cv2.setNumThreads(1)
        worker = get_worker_info()
        rng = np.random.default_rng((SEED, worker.id if worker else 0))
        while True:
            cut = crop(self.pictures[rng.choice(len(self.pictures), p=self.shares)], rng)
            yield cut.shown, cut.wanted


def pictures_of(faces: Path, workers: int) -> tuple[list[Picture], npt.NDArray[np.float64]]:
    """Return all pictures to train on, and how often each is shown."""
    with ProcessPoolExecutor(workers) as pool:
        regions = [one for part in pool.map(of_face, faces_below(faces)) for one in part]
        drawn = list(pool.map(synthetic, range(SEED, SEED + SYNTHETIC), chunksize=8))
    shares = [np.full(len(regions), FACES_SHARE / max(len(regions), 1))]
    shares.append(np.full(len(drawn), (1.0 - FACES_SHARE) / len(drawn)))
    return [*regions, *drawn], np.concatenate(shares)


def tell(line: str) -> None:
    """Say how far the work is: the output is for the weights."""
    print(line, file=sys.stderr, flush=True)


def train(batches: Iterator[Batch], steps: int) -> PoreNet:
    """Return a network after so many steps of AdamW, the rate rising and falling once."""
    torch.manual_seed(SEED)
    net = PoreNet()
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=steps, pct_start=WARM_UP
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
    return net.eval()


def main() -> None:
    """Train, write the weights, and tell their digest, which the package checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", type=Path, help="folder of rendered people")
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    pictures, shares = pictures_of(asked.faces, asked.workers)
    tell(f"{len(pictures)} pictures")
    torch.set_num_threads(1)  # sums in one order
    loader = DataLoader(
        Crops(pictures, shares), batch_size=BATCH, num_workers=asked.workers, prefetch_factor=4
    )
    content = as_onnx(train(iter(loader), asked.steps))
    sys.stdout.buffer.write(content)
    tell(f"SHA256 = {hashlib.sha256(content).hexdigest()!r}")


if __name__ == "__main__":
    main()

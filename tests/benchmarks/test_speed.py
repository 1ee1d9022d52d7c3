"""What one run of each thing takes; nothing is asserted about time, machines differ."""

from __future__ import annotations

from pathlib import Path

import cases
import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("photos")


@pytest.mark.parametrize("megapixels", [3.0, 12.0])
@pytest.mark.parametrize("name", ["compare", "measure, of one photo", "report"])
def test_whole(benchmark, folder: Path, megapixels: float, name: str) -> None:
    steps = cases.whole(cases.face_pair(megapixels, folder), folder)
    benchmark.pedantic(steps[name], rounds=3, warmup_rounds=1)


def test_decode(benchmark, folder: Path) -> None:
    benchmark(cases.decode, cases.face_pair(12.0, folder))


@pytest.mark.parametrize("name", ["find", "blob_dog", "blob_log"])
def test_detectors(benchmark, name: str) -> None:
    benchmark.pedantic(cases.detectors()[name], rounds=2)


def test_stages(benchmark, folder: Path) -> None:
    chain = cases.Chain(cases.face_pair(12.0, folder))

    def run() -> None:
        for _, step in chain.steps():
            step()

    benchmark.pedantic(run, rounds=2)
    assert len(chain.paired) == len(chain.aligned) > 0

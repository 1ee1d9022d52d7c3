"""The network, to be trained with PyTorch and written as ONNX.

Every layer has groups of four filters that are quarter turns of each other (group convolution:
Cohen and Welling 2016, Group equivariant convolutional networks), so that turning the picture turns
the answer exactly. Layers that halve the picture have kernels of even size, which sit between
pixels, for the same reason.
"""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

FINE, COARSE, WIDE = 4, 8, 16
"""Groups of four filters in the layers at half, at a quarter and at an eighth of the size."""
LAYERS = 4
_TURNS = 4
_RARE = -4.0  # logit to start from: few cells hold the centre of a pore
_OPSET, _IR = 13, 8


class Lift(nn.Module):
    """First layer: every filter in four turns over the shown layers."""

    def __init__(self, layers: int, groups: int, side: int, stride: int) -> None:
        super().__init__()
        spread = (2.0 / (layers * side * side)) ** 0.5
        self.weight = nn.Parameter(torch.randn(groups, layers, side, side) * spread)
        self.bias = nn.Parameter(torch.zeros(groups))
        self.stride, self.pad = stride, (side - 1) // 2

    def kernel(self) -> tuple[Tensor, Tensor]:
        """Return the plain convolution that this is."""
        turned = [torch.rot90(self.weight, turn, (2, 3)) for turn in range(_TURNS)]
        return torch.stack(turned, 1).flatten(0, 1), self.bias.repeat_interleave(_TURNS)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        return functional.conv2d(x, *self.kernel(), self.stride, self.pad)


class Turning(nn.Module):
    """A layer between groups of four turns: turning also passes the turns on."""

    def __init__(self, taken: int, given: int, side: int = 3, stride: int = 1) -> None:
        super().__init__()
        spread = (2.0 / (_TURNS * taken * side * side)) ** 0.5
        self.weight = nn.Parameter(torch.randn(given, taken, _TURNS, side, side) * spread)
        self.bias = nn.Parameter(torch.zeros(given))
        self.stride, self.pad = stride, (side - 1) // 2

    def kernel(self) -> tuple[Tensor, Tensor]:
        """Return the plain convolution that this is."""
        turned = [
            torch.roll(torch.rot90(self.weight, turn, (3, 4)), turn, 2) for turn in range(_TURNS)
        ]
        weight = torch.stack(turned, 1).flatten(0, 1).flatten(1, 2)
        return weight, self.bias.repeat_interleave(_TURNS)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        return functional.conv2d(x, *self.kernel(), self.stride, self.pad)


class Head(nn.Module):
    """Logit and diameter, which no turn changes, and an offset, which turns with the picture."""

    stride, pad = 1, 0

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.logit, self.size = (nn.Parameter(torch.randn(groups) * 0.1) for _ in range(2))
        self.along = nn.Parameter(torch.randn(groups, 2) * 0.1)
        self.bias = nn.Parameter(torch.tensor([_RARE, 0.0]))

    def kernel(self) -> tuple[Tensor, Tensor]:
        """Return the plain convolution that this is."""
        same = torch.ones(_TURNS)
        cos, sin = torch.tensor([1.0, 0.0, -1.0, 0.0]), torch.tensor([0.0, 1.0, 0.0, -1.0])
        u, v = self.along[:, :1], self.along[:, 1:]
        rows = [self.logit[:, None] * same, u * cos + v * sin, v * cos - u * sin]
        rows.append(self.size[:, None] * same)
        weight = torch.stack([row.flatten() for row in rows])[:, :, None, None]
        return weight, self.bias[[0, 0, 0, 1]] * torch.tensor([1.0, 0.0, 0.0, 1.0])

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        return functional.conv2d(x, *self.kernel())


class PoreNet(nn.Module):
    """Down to an eighth of the size and back to half, with shortcuts."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c = FINE, COARSE, WIDE
        self.stem, self.stem_2 = Lift(LAYERS, a, 6, 2), Turning(a, a)
        self.down, self.quarter, self.quarter_2 = Turning(a, b, 4, 2), Turning(b, b), Turning(b, b)
        self.down_2, self.eighth, self.eighth_2 = Turning(b, c, 4, 2), Turning(c, c), Turning(c, c)
        self.up, self.mixed = Turning(c, b, 1), Turning(b, b)
        self.up_2, self.fine, self.fine_2 = Turning(b, a, 1), Turning(a, a), Turning(a, a)
        self.head = Head(a)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, 4, S/2, S/2): logit, offset x and y in cells, logarithm of the diameter."""
        return answer(self, _Torch(), x)


T = TypeVar("T")


class _Steps(Protocol, Generic[T]):
    """What the network is made of, on whatever stands for its layers."""

    def layer(self, module: nn.Module, x: T) -> T: ...
    def add(self, x: T, y: T) -> T: ...
    def relu(self, x: T) -> T: ...
    def twice(self, x: T) -> T: ...


class _Torch:
    """Carries the steps out."""

    def layer(self, module: nn.Module, x: Tensor) -> Tensor:
        found: Tensor = module(x)
        return found

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y

    def relu(self, x: Tensor) -> Tensor:
        return functional.relu(x)

    def twice(self, x: Tensor) -> Tensor:
        return functional.interpolate(x, scale_factor=2, mode="nearest")


class _Onnx:
    """Writes the steps down; the names of its nodes stand for their results."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.stored = [numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "twice")]

    def _node(self, kind: str, taken: list[str], **how: object) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, taken, [name], **how))
        return name

    def layer(self, module: nn.Module, x: str) -> str:
        arrays = [one.detach().numpy().astype(np.float32) for one in module.kernel()]
        names = [f"{kind}_{len(self.nodes)}" for kind in ("weight", "bias")]
        self.stored += [
            numpy_helper.from_array(array, name) for array, name in zip(arrays, names, strict=True)
        ]
        pads, strides = [module.pad] * 4, [module.stride] * 2
        shape = list(arrays[0].shape[2:])
        return self._node("Conv", [x, *names], pads=pads, strides=strides, kernel_shape=shape)

    def add(self, x: str, y: str) -> str:
        return self._node("Add", [x, y])

    def relu(self, x: str) -> str:
        return self._node("Relu", [x])

    def twice(self, x: str) -> str:
        how = {"mode": "nearest", "nearest_mode": "floor"}
        how["coordinate_transformation_mode"] = "asymmetric"
        return self._node("Resize", [x, "", "twice"], **how)


def answer(net: PoreNet, via: _Steps[T], x: T) -> T:
    """Carry out, or write down, the steps from the shown layers to the answer."""

    def step(module: nn.Module, x: T) -> T:
        return via.relu(via.layer(module, x))

    def shortcut(module: nn.Module, x: T) -> T:
        return via.relu(via.add(x, via.layer(module, x)))

    half = shortcut(net.stem_2, step(net.stem, x))
    quarter = shortcut(net.quarter_2, step(net.quarter, step(net.down, half)))
    eighth = shortcut(net.eighth_2, step(net.eighth, step(net.down_2, quarter)))
    back = via.relu(via.add(quarter, via.twice(via.layer(net.up, eighth))))
    fine = via.relu(via.add(half, via.twice(via.layer(net.up_2, step(net.mixed, back)))))
    return via.layer(net.head, shortcut(net.fine_2, step(net.fine, fine)))


def as_onnx(net: PoreNet) -> bytes:
    """Return a trained network as an ONNX file of plain convolutions."""
    writer = _Onnx()
    last = answer(net, writer, "skin")
    graph = helper.make_graph(
        writer.nodes,
        "pores",
        [helper.make_tensor_value_info("skin", TensorProto.FLOAT, [1, LAYERS, "h", "w"])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, 4, "rows", "cols"])],
        writer.stored,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR
    )
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def loss(said: Tensor, wanted: Tensor) -> Tensor:
    """Return cross entropy of the cells, and how far off place and diameter are, per pore.

    Parameters
    ----------
    said : (N, 4, H, W)
    wanted : (N, 5, H, W)
        See :class:`poremetrics.validate.training.crops.Crop`.
    """
    is_pore, weight = wanted[:, 0], wanted[:, 4]
    apart = functional.binary_cross_entropy_with_logits(said[:, 0], is_pore, reduction="none")
    x, y, size = (said[:, 1:] - wanted[:, 1:4]).abs().unbind(1)
    # Weighed like the place, the size was sometimes never learned.
    off = 0.5 * (x + y) + size
    # a batch without pores still teaches
    return ((apart * weight).sum() + (is_pore * off).sum()) / (is_pore.sum() + 8.0)

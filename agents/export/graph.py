"""The logits of a learned policy as an ONNX graph, written node by node.

Written by hand because the network is small: twenty nodes with readable names, the same bytes for the same weights on
every machine, no path of the exporting machine inside and no exporter to depend on. `parity` holds it to the network.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from evenhand.agents.learning.learned import LearnedPolicy, NetSettings
from evenhand.agents.learning.network import RESIDUAL_GAIN, features_shown
from evenhand.envs.candidates import CANDIDATE_FEATURES
from evenhand.envs.observation import CANDIDATE_SCALE, GLOBAL_FEATURES
from evenhand.errors import ArtefactError

__all__ = ["PARITY", "logits_graph", "parity"]

OPSET, IR_VERSION = 17, 8  # what every ONNX Runtime since 1.12 reads
PARITY = 1e-5  # of the largest logit; rounding in another order moves them by some 1e-7

Arrays = dict[str, NDArray[np.float32] | NDArray[np.int64]]


class _Node(NamedTuple):
    """An operator, its inputs, and the name that its one output gets."""

    op: str
    inputs: tuple[str, ...]
    output: str


def logits_graph(policy: LearnedPolicy) -> bytes:
    """Return the ONNX file of `policy`: observations (B, L) float32 -> logits (B, M) float32, any B.

    Masks are applied by whoever chooses. Only weights that logits depend on are inside, never the critic.
    """
    settings, layout = policy.settings, policy.settings.layout
    length = layout.n_context + layout.n_rows * layout.width
    nodes, arrays = _residual(settings, policy.weights)
    if settings.residual:
        more, constants = _greedy(settings, float(policy.weights["log_sharpness"]))
        nodes, arrays = [*nodes, *more], {**arrays, **constants}
    summed = "scores" if settings.residual else "residual"
    nodes = [*nodes, _Node("Squeeze", (summed, "axis_2"), "logits")]
    graph = helper.make_graph(
        [helper.make_node(node.op, list(node.inputs), [node.output], name=node.output) for node in nodes],
        "evenhand-policy",
        [helper.make_tensor_value_info("observations", TensorProto.FLOAT, ["batch", length])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", layout.n_rows])],
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in arrays.items()],
    )
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, ir_version=IR_VERSION, opset_imports=opsets, producer_name="evenhand")
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _residual(settings: NetSettings, weights: dict[str, NDArray[np.float32]]) -> tuple[list[_Node], Arrays]:
    """Return CandidateNet's learned part: residual (B, M, 1) = gain * score(relu(hidden(relu(candidate + bridge))))."""
    layout = settings.layout
    arrays: Arrays = {
        "start": np.array([0]), "context_end": np.array([layout.n_context]), "end": np.array([np.iinfo(np.int64).max]),
        "axis_1": np.array([1]), "axis_2": np.array([2]), "table_shape": np.array([-1, layout.n_rows, layout.width]),
        "context_weight": weights["context.0.weight"].T, "context_bias": weights["context.0.bias"],
        "candidate_weight": weights["candidate.weight"].T * features_shown(settings.uncertainty)[:, None],
        "candidate_bias": weights["candidate.bias"],
        "bridge_weight": weights["bridge.weight"].T,
        "hidden_weight": weights["hidden.weight"].T, "hidden_bias": weights["hidden.bias"],
        "score_weight": np.float32(RESIDUAL_GAIN) * weights["score.weight"].T,
        "hold": _first_row(layout.n_rows, float(weights["hold"][0])),
    }  # fmt: skip
    nodes = [
        _Node("Slice", ("observations", "start", "context_end", "axis_1"), "context_seen"),
        _Node("MatMul", ("context_seen", "context_weight"), "context_product"),
        _Node("Add", ("context_product", "context_bias"), "context_sum"),
        _Node("Tanh", ("context_sum",), "context"),
        _Node("Slice", ("observations", "context_end", "end", "axis_1"), "table_seen"),
        _Node("Reshape", ("table_seen", "table_shape"), "table"),
        _Node("MatMul", ("context", "bridge_weight"), "bridge_product"),
        _Node("Unsqueeze", ("bridge_product", "axis_1"), "bridge"),
        _Node("MatMul", ("table", "candidate_weight"), "candidate_product"),
        _Node("Add", ("candidate_product", "candidate_bias"), "candidate"),
        _Node("Add", ("candidate", "bridge"), "first_sum"),
        _Node("Relu", ("first_sum",), "first"),
        _Node("MatMul", ("first", "hidden_weight"), "hidden_product"),
        _Node("Add", ("hidden_product", "hidden_bias"), "hidden_sum"),
        _Node("Relu", ("hidden_sum",), "second"),
        _Node("MatMul", ("second", "score_weight"), "scored"),
        _Node("Add", ("scored", "hold"), "residual"),
    ]
    return nodes, arrays


def _first_row(n: int, value: float) -> NDArray[np.float32]:
    """Return (1, n, 1) zeros but for the first row, which holds."""
    return np.array([value] + [0.0] * (n - 1), np.float32)[None, :, None]


def _greedy(settings: NetSettings, log_sharpness: float) -> tuple[list[_Node], Arrays]:
    """Return sharpness * greedy_scores on top of the residual: linear in a candidate's features, but for the time left.

    worth_j = min(periods, time left) * price . features_j - edit, and 0 for holding, which is row 0.
    """
    tuning, seen = settings.tuning, GLOBAL_FEATURES.index("time_left")
    price = np.zeros(len(CANDIDATE_FEATURES))
    for name, each in (
        ("gain", 1.0 - tuning.lasting),
        ("lasting", tuning.lasting),
        ("gain_sd", -tuning.caution),
        ("weight_change", -tuning.contact_charge),
        ("value_weight_change", -tuning.worth_charge),
        ("segments_change", -settings.complexity),
    ):
        price[CANDIDATE_FEATURES.index(name)] = each
    price *= features_shown(settings.uncertainty) / CANDIDATE_SCALE
    sharpness = np.full((1, settings.layout.n_rows, 1), np.exp(np.float32(log_sharpness)), np.float32)
    sharpness[:, 0] = 0.0
    arrays: Arrays = {
        "time_left": np.array([seen]), "time_left_end": np.array([seen + 1]),
        "horizon": np.array([settings.horizon], np.float32), "periods": np.array([tuning.periods], np.float32),
        "edit": np.array([settings.edit], np.float32), "price": price.astype(np.float32)[:, None],
        "sharpness": sharpness,
    }  # fmt: skip
    nodes = [
        _Node("Slice", ("observations", "time_left", "time_left_end", "axis_1"), "share_left"),
        _Node("Mul", ("share_left", "horizon"), "periods_left"),
        _Node("Min", ("periods_left", "periods"), "paying_periods"),
        _Node("Unsqueeze", ("paying_periods", "axis_2"), "paying"),
        _Node("MatMul", ("table", "price"), "worth_per_period"),
        _Node("Mul", ("worth_per_period", "paying"), "worth"),
        _Node("Sub", ("worth", "edit"), "greedy"),
        _Node("Mul", ("greedy", "sharpness"), "greedy_logits"),
        _Node("Add", ("residual", "greedy_logits"), "scores"),
    ]
    return nodes, arrays


def parity(policy: LearnedPolicy, graph: bytes, *, observations: int = 256, seed: int = 0) -> float:
    """Return how far the graph's logits are from the network's on random observations, as a share of the largest one.

    ArtefactError where they differ by more than PARITY: the graph would be that of another network.
    """
    layout = policy.settings.layout
    length = layout.n_context + layout.n_rows * layout.width
    seen = np.random.default_rng(seed).standard_normal((observations, length)).astype(np.float32)
    session = ort.InferenceSession(graph, providers=["CPUExecutionProvider"])
    (found,) = session.run(["logits"], {"observations": seen})
    wanted = policy.logits(seen)
    share = float(np.abs(found - wanted).max() / np.abs(wanted).max())
    if not share <= PARITY:
        raise ArtefactError(
            f"the ONNX graph differs from the network by {share:.1g} of the largest logit",
            rule="both give the same logits",
        )
    return share

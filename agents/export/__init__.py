"""Policies that leave the study: an ONNX graph, a signed manifest, and serving them without torch.

Its modules are imported by their names; `evenhand.agents` names what is public.
"""

__all__: list[str] = []

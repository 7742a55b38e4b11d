"""Learning on Stable-Baselines3: the network, the constraints in training, training itself, the policy it gives.

Its modules are imported by their names; `evenhand.agents` names what is public. Start at `train.py`.
"""

__all__: list[str] = []

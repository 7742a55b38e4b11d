"""Learning on Stable-Baselines3: the network, the constraint in training, training itself, the policy it gives."""

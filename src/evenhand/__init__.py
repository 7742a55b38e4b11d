"""Even-handed customer segmentation, learned and proven."""

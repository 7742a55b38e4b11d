"""What must outlive a process: segmentations, change requests, policies, evidence, identities, the audit log."""

__all__: list[str] = []

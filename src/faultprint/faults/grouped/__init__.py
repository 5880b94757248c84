"""Classes of units that come in groups: learners chosen and blended by nested validation."""

"""A fleet with known truth: physics, faults, maintenance, sensor defects."""

"""Protocols of public benchmarks: pure, blind, each with its trivial baselines."""

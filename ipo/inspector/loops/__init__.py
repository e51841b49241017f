"""Loops that are not ours: watched from outside, step by step, while they run as they always do."""

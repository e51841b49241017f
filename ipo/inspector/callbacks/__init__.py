"""Callbacks of other packages' trainers by which the Inspect page looks into their trainings."""

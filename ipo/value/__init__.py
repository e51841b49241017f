"""Maths of the value models: arrays in, arrays out."""

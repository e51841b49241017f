"""Digits: a semi-supervised model of small images that is taught by pointing."""

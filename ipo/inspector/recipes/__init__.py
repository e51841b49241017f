"""What a recipe is made of: a module of one's own imports these names from here."""

from ipo.inspector.recipes.registry import Observation, Option, Recipe, Setup

__all__ = ["Observation", "Option", "Recipe", "Setup"]

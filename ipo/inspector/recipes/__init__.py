"""What a recipe is made of: a module of one's own imports these names from here."""

from ipo.inspector.recipes.options import Option
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.training.setup import Observation, Setup

__all__ = ["Observation", "Option", "Recipe", "Setup"]

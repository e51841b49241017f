"""What the app offers by name, whichever domain brings it: the one place that knows of host and guest."""

from collections.abc import Mapping

# Recipes that the inspector does not bring itself, imported when they are asked for: package.module:name.
RECIPES: Mapping[str, str] = {"ssvae": "ipo.digits.recipe:RECIPE"}

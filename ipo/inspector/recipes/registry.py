"""What can be stepped, by name: recipes of the app, those that were registered, and functions of the user."""

import pkgutil

from ipo.inspector.errors import UnknownName, unknown
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.recipes.user_code import load_recipe

_offered = {"autoencoder_bcl": "ipo.inspector.recipes.autoencoder:RECIPE"}
_registered: dict[str, Recipe] = {}


def register(recipe: Recipe) -> None:
    """Offer a recipe under its name."""
    _registered[recipe.name] = recipe


def offer(name: str, place: str) -> None:
    """Offer the recipe at `package.module:name`, which is imported when somebody asks for it."""
    _offered[name] = place


def names() -> tuple[str, ...]:
    """Recipes that can be found by a plain name."""
    return tuple({**_offered, **_registered})


def is_code(name: str) -> bool:
    """Whether code of a user is imported to find a recipe, which may take any time."""
    return ":" in name and name not in _registered and name not in _offered


def find(name: str) -> Recipe:
    """A registered recipe, or what is at `package.module:function`, as it is on disk now.

    Raises `UnknownName`, and `RecipeError` for code of a user that cannot be imported or makes no recipe.
    """
    if name in _registered:
        return _registered[name]
    if name in _offered:
        offered = pkgutil.resolve_name(_offered[name])
        assert isinstance(offered, Recipe)
        return offered
    if not is_code(name):
        raise UnknownName(unknown("recipe", name, names()) + " Any function is package.module:function.")
    return load_recipe(name)

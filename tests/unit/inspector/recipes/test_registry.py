"""Promises of recipes: names that do not exist say what does, and any model can be looked into."""

import contextlib
import math

import numpy as np
import pytest
import torch

from ipo.digits.inspection.recipe import RECIPE as SSVAE
from ipo.inspector.capture.tensors import Phase
from ipo.inspector.errors import UnknownName
from ipo.inspector.recipes import autoencoder, registry
from ipo.inspector.recipes.code import RecipeError
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.recipes.user_code import parameters_as_options
from ipo.inspector.session import Diverged, InspectSession
from tests.unit.inspector import recipes_of_a_user as users

HERE = "tests.unit.inspector.recipes_of_a_user"


def opened(name: str, **overrides: object) -> InspectSession:
    return InspectSession(registry.find(f"{HERE}:{name}"), overrides=overrides)


@pytest.mark.parametrize(
    ("condition", "overrides", "message"),
    [
        ("slo", {}, "Unknown condition 'slo' of autoencoder_bcl; did you mean 'slow'? Known are micro,"),
        ("slow", {"som_rl": 1.0}, "Unknown override 'som_rl' of autoencoder_bcl; did you mean 'som_lr'?"),
        ("slow", {"algorithm": "bcl_rescu"}, "Unknown algorithm 'bcl_rescu' of autoencoder_bcl; did"),
        ("slow", {"loss": "huber"}, "Unknown loss 'huber' of autoencoder_bcl. Known are l1, mse."),
        ("slow", {"k": 64}, "k is 64; 64 features have at most 63 neighbours."),
        ("slow", {"k": 0}, "k is 0; a whole number from 1 on would be right."),
        ("slow", {"lr": float("nan")}, "lr is nan; a number greater than 0 would be right."),
        ("slow", {"batch_size": "big"}, "batch_size is 'big'; a whole number from 1 on would be right."),
        ("slow", {"rescue_k": 200}, "rescue_k is 200; a batch has 128 images."),
        ("slow", {"som_lr": -1}, "som_lr is -1; a number greater than 0 would be right."),
        ("control", {"som_lr": 0.1}, "control has no pull, so som_lr cannot be set"),
        ("mask_only", {"som_lr": 0.1}, "mask_only has no pull, so som_lr cannot be set"),
    ],
)  # fmt: skip
def test_what_the_autoencoder_would_not_understand_is_refused(
    condition: str, overrides: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError) as refused:
        autoencoder.RECIPE.check(condition, overrides)
    assert str(refused.value).startswith(message)


def test_every_offered_option_is_understood_with_its_default() -> None:
    for option in autoencoder.RECIPE.options:
        autoencoder.RECIPE.check("slow", {option.name: option.default})
        for choice in option.choices:
            autoencoder.RECIPE.check("slow", {option.name: choice})


@pytest.mark.parametrize("name", ["autoencoder_bcl", "ssvae"])
def test_an_option_of_any_kind_is_taken_or_refused_in_a_sentence(name: str) -> None:
    """Over HTTP anything comes."""
    recipe = {"autoencoder_bcl": autoencoder.RECIPE, "ssvae": SSVAE}[name]
    for option in recipe.options:
        for value in ("x", "", -1, 0, 1.5, 10**30, 10**400, math.nan, math.inf, True, None):
            with contextlib.suppress(ValueError):
                recipe.check(recipe.default, {option.name: value})


def test_the_pull_may_be_overridden_where_there_is_one(small: dict[str, object]) -> None:
    made = InspectSession(autoencoder.RECIPE, "som_only", 0, small | {"som_lr": 0.5})
    made.step()
    step = made.get_step(0)
    assert np.allclose(step["som_delta"], 0.5 * (step["som_targets"] - step["encoder_weights"]), atol=1e-6)


def test_recipes_are_found_by_name() -> None:
    assert "autoencoder_bcl" in registry.names()
    assert registry.find("autoencoder_bcl") is autoencoder.RECIPE
    mine = Recipe("mine", users.convolution)
    registry.register(mine)
    try:
        assert registry.find("mine") is mine
        assert "mine" in registry.names()
    finally:
        del registry._registered["mine"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("autoencoder", "Unknown recipe 'autoencoder'; did you mean 'autoencoder_bcl'?"),
        ("nowhere.at_all:build", "nowhere.at_all:build cannot be imported: No module named 'nowhere'"),
        (f"{HERE}:absent", f"{HERE}:absent: module {HERE} has no 'absent'."),
        (f"{HERE}:no_function", f"{HERE}:no_function is not a function but int."),
    ],
)
def test_a_recipe_that_is_not_there_says_why(name: str, message: str) -> None:
    with pytest.raises((UnknownName, RecipeError)) as refused:
        registry.find(name)
    assert str(refused.value).startswith(message)


def test_a_function_that_returns_no_setup_is_refused() -> None:
    with pytest.raises(
        TypeError, match=r"nothing returned NoneType; ipo\.inspector\.recipes\.Setup would be right"
    ):
        opened("nothing")


def test_overrides_of_a_users_function_are_its_arguments() -> None:
    with pytest.raises(
        UnknownName, match=r"Unknown override 'hiden' .*; did you mean 'hidden'\? Known are hidden, dropout"
    ):
        opened("two_layers", hiden=3)
    made = opened("two_layers", hidden=4)
    made.step()
    assert made.get_step(0)["0/weight"].shape == (4, 9)
    with pytest.raises(UnknownName, match=r"Unknown condition 'default' .* Known are plain, fancy"):
        InspectSession(registry.find(f"{HERE}:convolution"), "default")


def test_a_form_offers_the_numbers_and_switches_of_a_users_function() -> None:
    def train(
        seed: int, lr: float = 0.1, width: int = 8, dropout: bool = False, data: object = None
    ) -> None: ...

    offered = parameters_as_options(train)
    assert [(option.name, option.default, option.choices) for option in offered] == [
        ("lr", 0.1, ()),
        ("width", 8, ()),
        ("dropout", False, (False, True)),
    ]


def test_any_layer_is_captured_without_code() -> None:
    made = opened("two_layers")
    made.step(2)
    step = made.get_step(1)
    assert {
        "batch_images",
        "batch_labels",
        "loss",
        "0/output",
        "0/output_gradient",
        "0/weight",
        "3/weight_update",
    } <= set(step)
    assert made.specs["0/weight"].dims == ("0.out", "0.in")
    assert made.specs["0/output_gradient"].phase == Phase.BACKWARD
    before, after = made.get_step(0), made.get_step(1)
    assert np.abs(before["0/weight"] + before["0/weight_update"] - after["0/weight"]).max() < 1e-6
    assert np.abs(step["0/weight_update"] + 0.1 * step["0/weight_gradient"]).max() < 1e-6
    assert np.abs(step["0/output_gradient"].T @ step["batch_images"] - step["0/weight_gradient"]).max() < 1e-6
    lengths = made.history().columns["0/weight_update_length"]
    assert lengths[1] == pytest.approx(np.linalg.norm(step["0/weight_update"]))


def test_only_the_layers_that_are_named_are_captured_with_all_their_axes() -> None:
    made = opened("convolution")
    made.step()
    step = made.get_step(0)
    assert step["0/output"].shape == (5, 2, 6, 6)
    assert made.specs["0/weight"].dims == ("0.out", "0.in", "0.kernel0", "0.kernel1")
    assert not any(key.startswith("2/") for key in step)
    assert made.condition == "plain"


def test_a_layer_that_is_not_there_says_which_are() -> None:
    with pytest.raises(UnknownName, match=r"Unknown layer 'encodr'\. Known are \(model\), 0, 1, 2, 3"):
        opened("misnamed")


def test_watching_any_model_leaves_every_bit_as_it_is() -> None:
    made, alone = opened("two_layers", dropout=0.0), users.two_layers(0, dropout=0.0)
    made.step(7)
    losses: list[float] = []
    alone.trainer().train(7, on_step=lambda step: losses.append(float(step.loss)))
    assert np.array_equal(made.history().columns["loss"], np.float32(losses))


def test_a_run_with_dropout_is_the_same_whatever_else_draws_random_numbers() -> None:
    one, other = opened("two_layers"), opened("two_layers")
    for _ in range(5):
        one.step()
        torch.rand(7)
        other.step()
    assert np.array_equal(one.history().columns["loss"], other.history().columns["loss"])


def test_a_recipe_that_says_nothing_of_a_seed_has_one_all_the_same() -> None:
    recipe = registry.find(f"{HERE}:unseeded")
    one, again, other = (InspectSession(recipe, seed=seed) for seed in (3, 3, 4))
    for made in (one, again, other):
        made.step(4)
    losses = [made.history().columns["loss"] for made in (one, again, other)]
    assert np.array_equal(losses[0], losses[1])
    assert not np.array_equal(losses[0], losses[2])
    assert one.rewind(1).steps == 2


def test_a_loader_that_cannot_say_where_it_is_is_replayed_from_the_start() -> None:
    made = opened("two_layers")
    made.step(8)
    before = {key: array.copy() for key, array in made.get_step(7).items()}
    made.rewind(4)
    made.step(3)
    assert all(np.array_equal(before[key], array) for key, array in made.get_step(7).items())
    twin = made.fork()
    made.step()
    twin.step()
    assert np.array_equal(made.get_step(8)["0/weight"], twin.get_step(8)["0/weight"])


def test_a_recipe_that_forgets_its_seed_is_told_so_and_stays_where_it_was() -> None:
    made = opened("careless")
    made.step(4)
    with pytest.raises(Diverged, match="draws from something that its seed does not determine"):
        made.rewind(1)
    assert made.state().steps == 4
    assert made.step().steps == 5

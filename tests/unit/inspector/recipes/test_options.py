"""Options of a recipe, said once as fields of a dataclass."""

from dataclasses import dataclass

import pytest

from ipo.inspector.errors import UnknownName
from ipo.inspector.recipes.options import Option, option, options_of, parse_options


@dataclass(frozen=True)
class Options:
    loss: str = option("l1", "Loss", choices=("l1", "mse"))
    features: int = option(64, "Features D", most=4096)
    rate: float | None = option(None, "Rate (that of the condition)")


def test_a_form_has_what_the_fields_say_in_their_order() -> None:
    assert options_of(Options) == (
        Option("loss", "l1", "Loss", ("l1", "mse")),
        Option("features", 64, "Features D", most=4096),
        Option("rate", None, "Rate (that of the condition)"),
    )


def test_what_is_left_out_is_as_the_fields_say() -> None:
    assert parse_options(Options, {"features": 8}, "mine") == Options("l1", 8, None)


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        ({"feature": 8}, UnknownName, "Unknown override 'feature' of mine; did you mean 'features'?"),
        ({"loss": "ms"}, UnknownName, "Unknown loss 'ms' of mine; did you mean 'mse'? Known are l1, mse."),
        ({"features": 5000}, ValueError, "features is 5000; at most 4096 would be right."),
    ],
)
def test_what_no_field_allows_is_refused(
    overrides: dict[str, object], error: type[ValueError], message: str
) -> None:
    with pytest.raises(error) as refusal:
        parse_options(Options, overrides, "mine")
    assert str(refusal.value).startswith(message)

"""One malformed event must not stop the others for ever: in a list of events it is left out."""

from typing import Any

from pydantic import ValidationError, ValidatorFunctionWrapHandler
from pydantic.functional_validators import WrapValidator
from pydantic_core import PydanticOmit


def _omit(given: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(given)
    except ValidationError as error:
        raise PydanticOmit from error


OMIT_MALFORMED = WrapValidator(_omit)

"""Colours and fonts of the app for a file that stands alone, as the variables that components read."""

import tomllib
from collections.abc import Mapping
from typing import Any

from ipo.project import app_folder

_COLOURS = {
    "primary-color": "primaryColor",
    "background-color": "backgroundColor",
    "secondary-background-color": "secondaryBackgroundColor",
    "text-color": "textColor",
    "border-color": "borderColor",
    "link-color": "linkColor",
    "gray-color": "grayColor",
    "red-text-color": "redColor",
    "green-text-color": "greenColor",
}


def theme_css() -> str:
    """Light, and dark where the reader's system is. Raises `OSError` where the app's settings are gone."""
    settings = tomllib.loads((app_folder() / ".streamlit" / "config.toml").read_text())["theme"]
    common = {
        "font": f"system-ui, {settings['font']}",
        "code-font": f"ui-monospace, {settings['codeFont']}",
        "button-radius": settings["buttonRadius"],
    }
    light, dark = ({name: theme[key] for name, key in _COLOURS.items()} for theme in _themes(settings))
    return (
        f":root {{ color-scheme: light dark; {_variables(common)} {_variables(light)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(dark)} }} }}\n"
    )


def _themes(settings: Mapping[str, Any]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    return settings["light"], settings["dark"]


def _variables(values: Mapping[str, str]) -> str:
    return " ".join(f"--st-{name}: {value};" for name, value in values.items())

"""The JavaScript that components share; each component is one script, and has it before its own."""

from pathlib import Path

_HERE = Path(__file__).parent


def shared_scripts(*names: str) -> str:
    """The text of `ipo/ui/<name>.js`, one after the other. Raises `FileNotFoundError`."""
    return "".join((_HERE / f"{name}.js").read_text() for name in names)

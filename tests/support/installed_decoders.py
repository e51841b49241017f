"""Packages with decoders, as `pip install` would leave them."""

import re
import sys
from pathlib import Path

from ipo.registry import ENTRY_POINTS, decoder_kinds

ROOT = Path(__file__).resolve().parents[2]


def documented_decoder() -> str:
    """The code of docs/own_decoder.md."""
    text = (ROOT / "docs/own_decoder.md").read_text()
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def install_decoder(folder: Path, name: str, code: str, kind: str) -> None:
    """Write a package of one module that brings a decoder kind."""
    about = folder / f"{name}-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (about / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\n{name} = {name}:{kind}\n")
    (folder / f"{name}.py").write_text(code)


def forget_installed(*names: str) -> None:
    """Look anew which decoders are installed, without the modules of those."""
    decoder_kinds.cache_clear()
    for name in names:
        sys.modules.pop(name, None)

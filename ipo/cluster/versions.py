"""What has to be the same on every machine that computes: the code, Python, and the packages of numbers."""

import platform
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import ipo

Versions = Mapping[str, str]  # name → version

_PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "xgboost", "distributed")
_SHORT = 10  # digits of the hash of the code


@cache
def own_versions() -> Versions:
    """Those of this process. Patch levels of Python do not count: pickles are the same."""
    python = ".".join(platform.python_version_tuple()[:2])
    here = {"ipo": f"{ipo.__version__}+{_code_hash()}", "Python": python}
    for package in _PACKAGES:
        try:
            # whether torch is +cpu or +cu126 is the machine's matter
            here[package] = metadata.version(package).partition("+")[0]
        except metadata.PackageNotFoundError:
            here[package] = "not installed"
    return here


def differences(ours: Versions, theirs: Versions) -> list[str]:
    """What differs, each as “numpy 2.4 here, 2.3 there”; empty if nothing does."""
    names = sorted({*ours, *theirs})
    return [
        f"{name} {ours.get(name, 'unknown')} here, {theirs.get(name, 'unknown')} there"
        for name in names
        if ours.get(name) != theirs.get(name)
    ]


def _code_hash() -> str:
    """Of all Python files of the package and of the jobs beside it, by name and content."""
    package = Path(ipo.__file__).parent
    files = [*package.rglob("*.py"), package.parent / "value_model.py", package.parent / "background.py"]
    digest = sha256()
    for path in sorted(files):
        digest.update(path.relative_to(package.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:_SHORT]

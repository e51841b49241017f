"""What forks have imported already: the large libraries, and the project but for its pages.

Streamlit has to be running when components are registered, so `ipo.ui` is imported by each of them anew.
"""

from importlib import import_module
from pkgutil import walk_packages

import ipo

_LIBRARIES = (
    "streamlit.web.cli",
    "streamlit.web.bootstrap",
    "torch",
    "torch._dynamo",  # every optimizer imports it
    "xgboost",
    "sklearn.cluster",
    "sklearn.model_selection",
    "scipy.stats",
    "pandas",
    "pydantic.main",
    "pyarrow.parquet",
    "plotly.subplots",
)
_OWN = (module.name for module in walk_packages(ipo.__path__, "ipo.") if not module.name.startswith("ipo.ui"))

for name in (*_LIBRARIES, *_OWN):
    import_module(name)

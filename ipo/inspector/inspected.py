"""A training that is looked at, wherever it runs: what pages, exports and comparisons ask of it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from ipo.inspector import archive
from ipo.inspector.capture.disk_ring import DiskRing
from ipo.inspector.capture.history import History
from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import TensorSpec
from ipo.inspector.feature_table import FeatureTable, feature_table
from ipo.inspector.findings.monitor import FindingsMonitor
from ipo.inspector.state import InspectState
from ipo.inspector.stopping import Until
from ipo.inspector.summaries.plan import PlanState
from ipo.jobs import SILENT, Progress


class Inspected(ABC):
    """Steps of one training, and all that was seen of them. Reading never waits for a step."""

    id: str
    recipe: str
    condition: str
    seed: int
    overrides: Mapping[str, Any]
    goal: float  # a loss worth running until
    remark: str  # what whoever steps on should know of the past
    resource: str  # what is claimed while it is here
    image_shape: tuple[int, int] | None
    class_names: tuple[str, ...]
    findings: FindingsMonitor | None = None  # what is wrong with the training, where somebody looks
    disk: DiskRing | None = None  # of steps that left memory
    replays = True  # whether it can be rewound, forked and saved

    @property
    def name(self) -> str:
        """For messages: recipe, condition and seed."""
        return f"{self.recipe}, condition {self.condition}, seed {self.seed}"

    @property
    @abstractmethod
    def specs(self) -> Mapping[str, TensorSpec]:
        """The tensors that a step of it has."""

    @property
    @abstractmethod
    def sizes(self) -> Mapping[str, int]:
        """Lengths of the named axes that are the same in every step."""

    @property
    @abstractmethod
    def version(self) -> int:
        """Grows whenever a reader would see something else."""

    @abstractmethod
    def step(self, n: int = 1, until: Until | None = None, progress: Progress = SILENT) -> InspectState:
        """Take up to `n` steps. Raises `Cancelled` between them; those that were done stay."""

    @abstractmethod
    def state(self) -> InspectState:
        """What there is now."""

    @abstractmethod
    def history(self, since: int = 0) -> History:
        """The small tensors of all steps from `since` on."""

    @abstractmethod
    def get_step(self, n: int) -> Snapshot:
        """Every tensor of step n. Raises `Evicted` when it left memory, `IndexError` before it is done."""

    @property
    @abstractmethod
    def plan(self) -> PlanState:
        """Which tensors of a step are whole."""

    @abstractmethod
    def change_plan(self, *, step_bytes: int | None, followed: Sequence[str]) -> None:
        """From the next step on: `followed` are whole, the others as far as `step_bytes` go, `None` for all.

        Raises `ValueError` for bytes below 0.
        """

    @abstractmethod
    def pin(self, n: int) -> None:
        """Keep step n in memory. Raises `Evicted`, and `ValueError` when pins would fill all memory."""

    @abstractmethod
    def unpin(self, n: int) -> None:
        """Let step n go when memory is needed."""

    @abstractmethod
    def teardown(self) -> None:
        """Look no longer, and free what was kept."""

    def features(self, n: int) -> FeatureTable:
        """One row per feature for step n. Raises as `get_step`."""
        return feature_table(self.get_step(n), self.specs)

    def export_step(self, n: int) -> bytes:
        """Every tensor of step n as an npz file. Raises as `get_step`."""
        return archive.step_npz(self.get_step(n))

    def export_history(self) -> bytes:
        """The small tensors of all steps as CSV: a row per step, a column per number."""
        return archive.history_csv(self.history())

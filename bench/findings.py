"""What the inspector finds in twelve broken trainings, and in six healthy ones, where nothing is to be found.

Each training takes at most 200 steps of the real inspector, and is evaluated once on the way. A broken one is
found if a finding of the right rule is a warning or worse; a healthy one with any such finding is a false
alarm. Thresholds were tuned on seeds 0–2; what is reported is of seeds 10–12, which they never saw.
`found` (of 12) and `false_alarms` (of 6) are of the worst of these seeds; `first_of_all` is how many of 12
have the right finding at the top, in the mean.
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from bench.broken_trainings import BROKEN, HEALTHY
from bench.report import publish
from ipo.inspector.findings.finding import Severity
from ipo.inspector.findings.log import Held
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.session import InspectSession
from ipo.inspector.training.setup import Setup

STEPS, EVALUATED_AT = 200, 50
TUNING, REPORTED = (0, 1, 2), (10, 11, 12)
WORKERS = 2  # a training runs on one thread


@dataclass(frozen=True)
class Outcome:
    """What was found in one training: warnings and worse, worst first."""

    alarms: tuple[Held, ...]
    steps: int
    seconds: float

    def place(self, rule: str) -> int | None:
        """Where the first finding of a rule stands, from 1."""
        rules = [one.finding.rule for one in self.alarms]
        return rules.index(rule) + 1 if rule in rules else None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one seed; ends within 45 seconds on two cores")
    parser.add_argument("--tuning", action="store_true", help="the seeds that thresholds were tuned on")
    chosen = parser.parse_args()
    seeds = TUNING if chosen.tuning else REPORTED
    seeds = seeds[:1] if chosen.quick else seeds
    found, alarms, places = [], [], []
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        for seed in seeds:
            at = list(pool.map(in_broken, BROKEN, [seed] * len(BROKEN)))
            found.append(sum(place is not None for place in at))
            alarms.append(sum(pool.map(in_healthy, HEALTHY, [seed] * len(HEALTHY))))
            places += [place for place in at if place is not None]
    figures = {
        "found": min(found),
        "false_alarms": max(alarms),
        "first_of_all": sum(place == 1 for place in places) / len(seeds),
    }
    publish("findings", figures, quick=chosen.quick)


def in_broken(name: str, seed: int) -> int | None:
    """Where the finding that should be made stands, from 1."""
    build, rule = BROKEN[name]
    one = outcome(build, seed)
    place = one.place(rule)
    says = f"place {place}, from step {one.alarms[place - 1].first}" if place else "NOT FOUND"
    others = ", ".join(sorted({held.finding.rule for held in one.alarms} - {rule}))
    also = f"also {others}, " if others else ""
    print(f"seed {seed:2}  {name:<26} {says:<26} {also}{one.steps} steps, {one.seconds:.1f} s", flush=True)
    return place


def in_healthy(name: str, seed: int) -> bool:
    """Whether something was found where nothing is."""
    one = outcome(HEALTHY[name], seed)
    says = "; ".join(f"{held.finding.rule}: {held.finding.evidence}" for held in one.alarms)
    print(
        f"seed {seed:2}  {name:<26} {says or 'nothing'}, {one.steps} steps, {one.seconds:.1f} s", flush=True
    )
    return bool(one.alarms)


def outcome(build: Callable[[int], Setup], seed: int) -> Outcome:
    """Step one training, as far as it goes."""
    recipe = Recipe("bench", lambda condition, seed: build(seed))
    began = time.perf_counter()
    session = InspectSession(recipe, seed=seed, check=False)
    session.step(EVALUATED_AT)
    session.evaluate()
    state = session.step(STEPS - EVALUATED_AT)
    alarms = tuple(one for one in session.findings.held if one.worst >= Severity.WARNING)
    session.teardown()
    return Outcome(alarms, state.steps, time.perf_counter() - began)


if __name__ == "__main__":
    main()

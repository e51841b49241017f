"""Who owns the cores: the one rule that everything with threads of its own follows.

The page owns one core whenever there are several. Long numeric work, such as a fit or a training, shares the
rest through `numeric_threads`; a training in a process of its own is nice besides. An inspection step runs on
one thread (`ipo.inspector.determinism.one_thread`), so that its numbers do not depend on the machine and it
goes on beside a training. A GPU belongs to the diffusion model in memory; all else computes on the CPU.
"""

import os


def numeric_threads() -> int:
    """Threads that numeric work may use: one core stays free for the page when there is more than one.

    Fewer where `OMP_NUM_THREADS` says so, as for each of several workers of a cluster on a machine.
    """
    free = max(1, (os.cpu_count() or 1) - 1)
    named = os.environ.get("OMP_NUM_THREADS", "")
    return min(free, max(1, int(named))) if named.isdecimal() else free

"""Work on a model in a process of its own: `python -m ipo.digits.worker.main`, JSON lines in and out.

in    {"work": "train", "home": …, "data": …, "config": {…}, "knobs": {…}, "epochs": …}       first, where
      the work is "train", "predict" or "begin", and only a training has epochs; then any of
      {"turn": {"kl_weight": 0.1}}   {"stop": true}
out   {"progress": 0.3, "text": "Epoch 2 of 10: …"}   {"message": {…}}   {"point": {…}}   and last
      {"done": {…}}, the run of a training, {"done": null} or {"error": "…"}

The process is nice, so that the page gets a core whenever it wants one, and what goes wrong in it does not
take the page along. (In five seconds on two cores that were not quite idle a sleeping thread of the page
woke up to 4 ms late beside it and up to 9 ms late beside the same training in a thread: either would do.)
When its input ends, because whoever started it died, it stops after the batch and keeps what was learnt.
"""

import json
import os
import sys
import traceback
from typing import IO

from ipo.digits.training.messages import error_message
from ipo.digits.worker.pipe import Control, Lines
from ipo.error_text import error_text
from ipo.jobs import Cancelled

NICE = 10


def serve(lines_in: IO[str], lines_out: IO[str]) -> bool:
    """Do what the first line asks for; whether that went well."""
    lines = Lines(lines_out)
    try:
        request = json.loads(lines_in.readline())
        control = Control(lines_in, lines)
        lines.say(progress=0.0, text="Starting PyTorch")
        from ipo.digits.worker import work  # brings torch: seconds, in which a stop is heard already

        lines.say(done=work.WORK[request["work"]](request, control, lines))
    except Cancelled:
        lines.say(done=None)
    except Exception as error:  # noqa: BLE001 – whatever it is, whoever asked is told
        traceback.print_exc(file=sys.stderr)
        text = error_text(error)
        lines.put(error_message(text))
        lines.say(error=text)
        return False
    return True


def main() -> None:
    if hasattr(os, "nice"):
        os.nice(NICE)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what anything else prints must not come between the lines
    good = serve(sys.stdin, out)
    os._exit(0 if good else 1)  # the listening thread may still wait for a line


if __name__ == "__main__":
    main()

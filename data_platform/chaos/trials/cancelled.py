"""A person ends a run with the signal that Dagster's Terminate sends: not a failure, and never repaired."""

import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import replace

import dagster as dg

from data_platform.chaos.experiment import Experiment, Shown, trial
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.small_asset import select_of, shown_of, small_asset
from resources.lakehouse import LakehouseResource

KIND = "a person's cancel"
COUNT = 20


def _cancelled(number: int) -> Experiment:
    name = f"a run that a person ends {number:02}"

    def act(scratch: Scratch) -> Shown:
        def work(_lakehouse: LakehouseResource) -> str:
            threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGINT]).start()
            time.sleep(10)
            return select_of()

        result: dg.ExecuteInProcessResult | None = None
        with suppress(KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
            result = scratch.run([small_asset(name, work)])
        if result is not None and result.success:
            raise RuntimeError("the run was not ended")
        return shown_of(scratch, name, succeeded=False)

    return replace(trial(name, KIND, act, "a person wanted it to end"), is_ended=True)


TRIALS = tuple(_cancelled(number) for number in range(1, COUNT + 1))

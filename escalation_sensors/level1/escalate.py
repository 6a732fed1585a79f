"""`escalate(defs)`: level 1 for a whole project, in one call."""

import dagster as dg

from escalation_sensors.level1.recoverable import cover, recoverable


def escalate(defs: dg.Definitions) -> dg.Definitions:
    """Have level 1 decide on the failures of every asset, asset check and op job of `defs`, and return `defs`.

    Binds no resources and renames nothing. What is not loaded yet, or runs no function, is left as it is.
    """
    for asset in defs.assets or ():
        if isinstance(asset, dg.AssetsDefinition):
            recoverable(asset)
    for check in defs.asset_checks or ():
        recoverable(check)
    for job in defs.jobs or ():
        if isinstance(job, dg.JobDefinition):
            for op in job.graph.iterate_op_defs():
                cover(op, dict(op.tags), {})
    return defs

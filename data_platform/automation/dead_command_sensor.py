"""The sensor that ends runs whose command was killed, so that automation does not wait for them."""

from pathlib import Path

import dagster as dg

from data_platform.supervision.command_lock import end_runs_of_dead_commands

INTERVAL_SECONDS = 30


def dead_command_sensor(dagster_home: Path) -> dg.SensorDefinition:
    """Marks runs of `data-platform run` and its kin as failed once their process is gone."""

    @dg.sensor(
        name="dead_commands",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Marks runs as failed whose command was killed.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        ended = end_runs_of_dead_commands(context.instance, dagster_home)
        for run_id in ended:
            context.log.warning(f"run {run_id} was left by a command that is gone: marked as failed")
        return dg.SkipReason(f"{len(ended)} runs were left by a command that is gone" if ended else "none was left")

    return look

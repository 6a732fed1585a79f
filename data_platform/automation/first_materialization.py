"""The sensor that fills an empty lakehouse by itself, once, so that `make up` has something to show."""

from collections.abc import Sequence
from datetime import date

import dagster as dg

from data_platform.assets.partitions import FIRST_DAY, range_tags
from resources.lakehouse import LakehouseResource, TableName, list_snapshots, read_columns

INTERVAL_SECONDS = 30


def first_materialization_sensor(job_name: str, watched: Sequence[TableName], today: date) -> dg.SensorDefinition:
    """Requests one run of everything, for all days, while the lakehouse has none of the tables `watched`.

    Once for each lakehouse: a first run that failed is not repeated for ever.
    """

    @dg.sensor(
        name="first_materialization",
        job_name=job_name,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Materializes everything once on an empty lakehouse.",
    )
    def fill_when_empty(
        context: dg.SensorEvaluationContext, lakehouse: LakehouseResource
    ) -> dg.RunRequest | dg.SkipReason:
        with lakehouse.connection() as connection:
            if found := read_columns(connection, watched):
                return dg.SkipReason(f"the lakehouse has {next(iter(found))}: it is not empty")
            created_at = min(snapshot.at for snapshot in list_snapshots(connection, limit=1_000))
        unfinished = context.instance.get_run_records(
            dg.RunsFilter(job_name=job_name, statuses=list(UNFINISHED)), limit=1
        )
        if unfinished:
            return dg.SkipReason(f"run {unfinished[0].dagster_run.run_id} is filling the lakehouse")
        return dg.RunRequest(
            run_key=f"first-materialization/{created_at.isoformat()}", tags=range_tags(FIRST_DAY, today)
        )

    return fill_when_empty


UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)

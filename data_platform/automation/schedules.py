"""The schedules: the sources' day, every day; maintenance, every week. What runs downstream is said by each asset."""

from datetime import date

import dagster as dg

DAILY_CRON = "0 6 * * *"
WEEKLY_CRON = "0 3 * * 0"


def daily_schedule(job_name: str, today: date) -> dg.ScheduleDefinition:
    """Every day at 06:00 UTC: that day's partition, and the sources that have none.

    The day is the sources' date (`DATA_PLATFORM_TODAY`), which in the demo stands still at the end of 2013.
    """

    def ask_for_the_day(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        tick = context.scheduled_execution_time.isoformat()
        return dg.RunRequest(run_key=f"{today}@{tick}", partition_key=today.isoformat())

    return dg.ScheduleDefinition(
        name="load_sources_daily",
        job_name=job_name,
        cron_schedule=DAILY_CRON,
        execution_timezone="UTC",
        execution_fn=ask_for_the_day,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Loads the sources for {today}, those without partitions too; the models follow by automation.",
    )


def maintenance_schedule(job_name: str) -> dg.ScheduleDefinition:
    """Every Sunday at 03:00 UTC: merge, expire, clean up and sweep the lakehouse."""
    return dg.ScheduleDefinition(
        name="maintain_lakehouse_weekly",
        job_name=job_name,
        cron_schedule=WEEKLY_CRON,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Merges small files, expires old versions, removes orphans; never younger than the retention.",
    )

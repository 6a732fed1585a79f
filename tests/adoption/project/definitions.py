"""A project as strangers have it: assets, a check, jobs on the multiprocess executor, a schedule, resources."""

import os
from pathlib import Path

import assets
import dagster as dg

from resources import JsonFolder, Shop

nightly = dg.define_asset_job("nightly", selection=["matched_sales", "sales"])
alone = dg.define_asset_job("alone", selection=["matched_sales", "sales"], executor_def=dg.in_process_executor)
told = dg.define_asset_job("told", selection=["sales", "report"])

defs = dg.Definitions(
    assets=dg.load_assets_from_modules([assets]),
    asset_checks=dg.load_asset_checks_from_modules([assets]),
    jobs=[nightly, alone, told],
    schedules=[dg.ScheduleDefinition(name="every_night", job=nightly, cron_schedule="0 2 * * *")],
    resources={"shop": Shop(), "io_manager": JsonFolder(folder=str(Path(os.environ["SHOP_HOME"]) / "kept"))},
    executor=dg.multiprocess_executor.configured({"max_concurrent": 1}),
)

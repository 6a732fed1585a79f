"""Seeds the demo's outside world: the drop folder and the operational database. The weather API needs no seed."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data_platform.demo.drop_folder import seed_drop_folder
from data_platform.demo.operational_database import seed_operational_database


@dataclass(frozen=True)
class Seeded:
    """What was not there yet."""

    flight_files: int
    operational_database: bool


def seed_demo(*, drop_folder: Path, operational_database_url: str, late_days: frozenset[date] = frozenset()) -> Seeded:
    """Seed what is not there; quick and harmless to repeat.

    Args:
        drop_folder: gets one file of flights a day.
        operational_database_url: SQLite or PostgreSQL; gets planes, airports and airlines.
        late_days: days whose file is withheld, to be delivered by `deliver_late`.
    """
    return Seeded(
        flight_files=seed_drop_folder(drop_folder, without=late_days),
        operational_database=seed_operational_database(operational_database_url),
    )

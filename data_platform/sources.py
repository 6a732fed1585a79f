"""The declared sources: where the platform's data comes from. Adding one is a contract and one entry here.

How a kind of source is read is in `resources.sources`; the columns are those of the contract.
"""

from datetime import time

from data_platform.assets.source_assets import DeclaredSource
from data_platform.contracts import raw
from data_platform.modeling import Consumer
from data_platform.settings import Settings
from resources.sources import CsvFolder, JsonApi, SqlTable

OWNERS = ("team:flight-data",)
FRESHNESS_HOURS = 30.0
MORNING_CHECK = Consumer(
    name="Morning check of the sources", daily_by=time(6, 30), zone="America/New_York", notices="data coordinator"
)


def declared_sources(settings: Settings) -> tuple[DeclaredSource, ...]:
    """All sources, with the places that the settings name."""
    operational = settings.operational_database_url
    return (
        DeclaredSource(
            CsvFolder(name="flights", folder=settings.drop_folder, pattern="flights_{date}.csv"),
            raw.Flights,
            description="Departures from the New York airports as landed: one CSV file a day.",
            owners=OWNERS,
            consumers=(MORNING_CHECK,),
            freshness_hours=FRESHNESS_HOURS,
            partition_column="flight_date",
        ),
        DeclaredSource(
            JsonApi(
                name="weather",
                url=f"{settings.weather_api_url}/weather",
                params={"until": "{as_of}"},
                high_water_mark="time_hour",
            ),
            raw.Weather,
            description="Hourly weather at the New York airports, from a paginated JSON API.",
            owners=OWNERS,
            consumers=(MORNING_CHECK,),
            freshness_hours=FRESHNESS_HOURS,
        ),
        *(
            DeclaredSource(
                SqlTable(name=name, url=operational, table=name),
                contract,
                description=f"The {name} of the operational database.",
                owners=OWNERS,
                consumers=(MORNING_CHECK,),
                freshness_hours=FRESHNESS_HOURS,
            )
            for name, contract in (("planes", raw.Planes), ("airports", raw.Airports), ("airlines", raw.Airlines))
        ),
    )

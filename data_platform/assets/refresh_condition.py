"""When the tables downstream of the sources are refreshed: as soon as what they read has changed."""

import dagster as dg


def when_upstream_changed() -> dg.AutomationCondition[dg.AssetKey]:
    """Eager, and for every partition: a corrected day of last month is carried downstream like today's.

    Stock `eager()` looks at the latest partition only.
    """
    return dg.AutomationCondition.eager().without(dg.AutomationCondition.in_latest_time_window())

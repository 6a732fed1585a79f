"""When the tables downstream of the sources are refreshed: as soon as what they read has changed."""

from collections.abc import Collection

import dagster as dg


def when_upstream_changed(ignored: Collection[dg.AssetKey] = ()) -> dg.AutomationCondition[dg.AssetKey]:
    """Eager, and for every partition: a corrected day of last month is carried downstream like today's.

    Stock `eager()` looks at the latest partition only. `ignored` are upstream assets whose changes refresh nothing.
    """
    condition = dg.AutomationCondition.eager().without(dg.AutomationCondition.in_latest_time_window())
    return condition.ignore(dg.AssetSelection.assets(*ignored)) if ignored else condition

"""Nothing failed, or failed only as slow: profile it, and improve the layout of what it reads; never run it again.

A step that succeeded is repaired when its next run passes its contract within its usual time. What failed as slow
cannot wait for that: how it is written is the matter, so it is proposed.
"""

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME = "improve_layout"
REWRITE = "nothing is changed until the query is; then by taking the change back"


def plan(situation: Situation) -> Plan | MayNotAct:
    """Improve the layout once, if the pipeline can and the step succeeded."""
    if not situation.has_succeeded:
        effect = f"rewrite the join or the query, or move it to a larger engine: {situation.said}"
        return MayNotAct("it failed as slow, so the query itself has to change", Proposed(NAME, effect, REWRITE))
    if not situation.can_improve_layout:
        effect = f"profile the step and improve what dominates: {situation.said}"
        return MayNotAct("the pipeline cannot profile it or change its layout", Proposed(NAME, effect, REWRITE))
    return Plan(NAME, situation.tuning, "profiles the query, compacts and sorts what it reads on its keys")

"""Nothing failed, or failed only as slow: profile it, and improve the layout of what it reads; never run it again.

A step that succeeded is repaired when its next run passes its contract within its usual time. What failed as slow
cannot wait for that: how it is written is the matter, so it is proposed.
"""

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.pipeline import Profile
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME = "improve_layout"
UNDO = "nothing is changed until the query is; then by taking the change back"
NOTHING = "nothing: "
"""How the change of an attempt begins that found no layout to blame; its repair is a plain one."""
MEASURE = "measure the step's own code, which no layout makes quicker"
CONDITION = "give the join a condition, or aggregate before it"
REWRITE = "rewrite the query, which no order of the rows makes quicker"


def plan(situation: Situation) -> Plan | MayNotAct:
    """Improve the layout once, if the pipeline can and the step succeeded."""
    if not situation.has_succeeded:
        effect = f"rewrite the join or the query, or move it to a larger engine: {situation.said}"
        return MayNotAct("it failed as slow, so the query itself has to change", Proposed(NAME, effect, UNDO))
    if not situation.can_improve_layout:
        effect = f"profile the step and improve what dominates: {situation.said}"
        return MayNotAct("the pipeline cannot profile it or change its layout", Proposed(NAME, effect, UNDO))
    return Plan(NAME, situation.tuning, "profiles the query, sorts what it reads on its keys, merges small files")


def beyond_layouts(profile: Profile) -> tuple[str, str] | None:
    """What a person is to do, and why, where a profile shows that no layout would help; None where one may."""
    if profile.has_cross_product:
        return CONDITION, f"{where(profile)}, and it joins without a condition"
    if not profile.keys and not profile.scattered:
        return REWRITE, f"{where(profile)}, and there is no key to sort by"
    return None


def where(profile: Profile) -> str:
    """Where the time goes, in words."""
    return f"most time goes to {profile.dominating_operator}"


def not_the_query(profile: Profile, usual_seconds: float | None) -> str:
    """The change of an attempt that finds the query alone quicker than all of the step usually is; else empty."""
    if profile.scattered or profile.seconds is None or usual_seconds is None or profile.seconds > usual_seconds:
        return ""
    return f"{NOTHING}its query alone takes {profile.seconds:.1f} s, so something else held it up"


def did_not_help(change: str, seconds: float) -> Proposed:
    """What a person is to do after the run that should have proved it was slow again."""
    what = MEASURE if change.startswith(NOTHING) else REWRITE
    return proposed(what, f"it still took {seconds:.0f} s ({change})")


def proposed(what: str, why: str, said: str = "") -> Proposed:
    """What a person is to do (one of the plans above), why, and how slow it was."""
    return Proposed(NAME, "; ".join(filter(None, (f"{what}: {why}", said))), UNDO)

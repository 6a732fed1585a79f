"""What is said of what, in any words: a thing (a column, a file, a host) near what is the matter with it (gone, full).

The tables say which things there are, which troubles, and what a trouble of a thing means. How much that weighs against
other words is for `weighed_words.py` to say.
"""

import re
from collections.abc import Iterator

from escalation_sensors.diagnosis.category import Category

_NEAR_WORDS = 9
"""How many words may stand between a thing and its trouble, at most."""
_HEAVIEST, _FALLS = 2.6, 4.0
_WORD = re.compile(r"[^\W_](?:[\w'-]*\w)?|\d+%|[\n;]")

_THINGS = {
    "column": "column columns field fields attribute attributes header headers feature features struct property",
    "table": "table tables view relation relations schema schemas collection dataset keyspace sheet worksheet "
    "entity contract "
    "revision migration model",
    "type": "type types dtype dtypes datatype datatypes varchar decimal bigint",
    "file": "file files object objects blob blobs path paths directory folder bucket container snapshot topic "
    "queue stream feed page "
    "landing location document prefix offset log partition",
    "side": "connection connections host hosts server servers broker brokers cluster endpoint service services "
    "peer node nodes "
    "socket site replica upstream provider coordinator gateway network proxy daemon handshake tls ssl "
    "certificate website "
    "source remote partner api",
    "calls": "requests calls rate throughput quota credits subscription qps api queries attempts",
    "part": "module modules package packages library libraries plugin driver drivers jar extension adapter "
    "image interpreter runtime "
    "wheel executable binary command compiler codec dependency dependencies python java class client release",
    "memory": "memory ram heap rss disk storage space volume buffer buffers tablespace swap room bytes mb gb "
    "gib mib payload "
    "batch message result array string directory",
    "time": "seconds second minutes minute hours hour ms duration deadline sla time h min s state",
    "turn": "lock locks transaction transactions lease session sessions run runs job pid schedule scheduler "
    "slot slots pool commit "
    "version deployment backfill interval batch process program request instance row table file workspace "
    "resource queries",
    "right": "credentials credential password token key user account role roles permission permissions "
    "privilege access login secret "
    "member project authentication",
    "ours": "option options argument arguments parameter parameters setting config configuration variable "
    "function method template "
    "expression query property bracket syntax signature flag keyword statement identifier url path api "
    "connection call",
    "value": "value values number date dates timestamp row rows record records json csv xml byte bytes encoding "
    "character characters "
    "digest checksum archive workbook footer totals nulls null percentage id key keys duplicates",
    "work": "query job task queue disk checkpoint consumer group worker merge files i/o io process response "
    "loop scan step stage",
}
_TROUBLES = {
    "gone": "missing|absent|not found|cannot find|could not find|unable to find|cannot be found|"
    "could not be found|could not locate|"
    "cannot locate|failed to locate|unable to locate|does not exist|doesn't exist|do not exist|not exist|"
    "no longer exists|unknown|"
    "not present|not available|unavailable|not known|not landed|not arrived|not delivered|deleted|removed|"
    "purged|gone|vanished|"
    "no such|not there|there is no|garbage collected|archived|not defined|not declared|is not part|not part of|"
    "nothing|no object|"
    "not listed|not registered|not installed|nowhere|lacking|cannot be downloaded|could not be downloaded|"
    "not be fetched",
    "differs": "differs|differ|different|mismatch|mismatched|does not match|do not match|doesn't match|"
    "did not match|has changed|"
    "have changed|changed|renamed|added|incompatible|not compatible|no longer compatible|expects|expected|extra|"
    "new|unexpected|"
    "do not line up|not line up|not resolve|was long|is now|incoming|another version|too old|too new|code expects",
    "bad": "invalid|malformed|corrupt|corrupted|unparsable|cannot parse|could not parse|cannot be parsed|"
    "not valid|illegal|bad|wrong|"
    "truncated|damaged|incomplete|out of range|negative|duplicate|duplicated|not numeric|below|above|not one of|"
    "not accepted|"
    "does not fit|cannot transform|cannot convert|without a matching|in the middle|ends in|not reconcile|"
    "dropped by|violated|"
    "rejected|unclosed|unterminated|was 'abc'|not a number|not a date|mandatory",
    "over": "exceeded|exceeds|exceed|over limit|over|full|exhausted|too large|too big|too long|not enough|"
    "insufficient|ran out|run out|"
    "out of|larger than|bigger than|longer than|more than|limit|left|cannot grow|needs more|evicted|reclaim|"
    "used|only|100 percent|"
    "at 100|100%|maximum|free",
    "busy": "in use|is used by|locked|held|holds|already|another|someone else|concurrent|concurrency|conflict|"
    "conflicts|busy|being|"
    "simultaneous|same minute|same time|at once|not finished|open in|victim|missed|skipping|no free|queued|"
    "referenced by|offline|"
    "optimistic|by another|exclusive|overlaps|two",
    "down": "refused|reset|closed|lost|unreachable|down|offline|not responding|paused|suspended|terminating|"
    "terminated|failover|"
    "maintenance|hung up|disconnected|returned nothing|nothing|shutting down|overloaded|unable to contact|"
    "cannot contact|"
    "no route|not yet valid|not active|no longer active|rotated|stale|revoked|expired|unpaid|too many|slow down|"
    "try later|"
    "cannot accept|not accept|no such host|prematurely|failed",
    "late": "timed out|took|ran past|past its|stuck|did not return|did not finish|not complete|not completed|"
    "not finish|not reach|"
    "after waiting|elapsed|ceiling|maximum allowed|no output|without data|killing it|killed after|"
    "cancelled after|canceled after|"
    "was stopped|exceeded|exceeds|longer than|more than|limit",
    "slow": "slow|slower|slowly|behind|lag|backlog|building up|spilling|skewed|saturated|rising|usual|"
    "unresponsive|expensive|tiny|"
    "full scan|took|processed|times longer|degraded|high",
    "denied": "denied|forbidden|not allowed|may not|unauthorized|lacks|lack|not permitted|not a member|rejected|"
    "not accepted|wrong|"
    "incorrect|invalid|not authorized|no permission|insufficient|disabled|locked out",
    "ended": "expired|revoked|rotated|no longer active|stale|no longer valid",
    "misused": "not recognised|not recognized|unrecognised|unrecognized|unknown|not declared|undeclared|"
    "undefined|not defined|no such|"
    "has to be|must be|required|mandatory|missing|unexpected end|recursive|circular|mismatch|applied to|nil|"
    "none|retired|"
    "cannot use|cannot call|attempt to|out of range|not allowed|has to|to be given|to be set|invalid|wrong|"
    "deprecated|no connection named",
}
_S, _T, _Q, _M, _D, _O, _P, _L, _C = (
    Category.SOURCE_UNAVAILABLE, Category.PIPELINE_TIMEOUT, Category.DATA_QUALITY, Category.SCHEMA_MISMATCH,
    Category.MISSING_DEPENDENCY, Category.OUT_OF_MEMORY, Category.SLOW_PERFORMANCE, Category.SCHEDULING_CONFLICT,
    Category.CODE_DEFECT,
)  # fmt: skip
_MEANINGS: dict[tuple[str, str], Category] = {
    ("column", "gone"): _M, ("column", "differs"): _M, ("column", "bad"): _Q,
    ("table", "gone"): _M, ("table", "differs"): _M,
    ("type", "differs"): _M,
    ("file", "gone"): _S, ("file", "bad"): _Q,
    ("side", "down"): _S, ("side", "gone"): _S, ("side", "busy"): _S,
    ("calls", "over"): _S, ("calls", "down"): _S,
    ("part", "gone"): _D, ("part", "differs"): _D,
    ("memory", "over"): _O,
    ("time", "late"): _T,
    ("turn", "busy"): _L,
    ("right", "denied"): _C, ("right", "gone"): _C, ("right", "ended"): _S,
    ("ours", "misused"): _C,
    ("value", "bad"): _Q, ("value", "over"): _Q,
    ("work", "slow"): _P,
}  # fmt: skip


def _by_first_word() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for kind, phrases in _TROUBLES.items():
        for phrase in phrases.split("|"):
            words = tuple(_WORD.findall(phrase))
            found.setdefault(words[0], []).append((words, kind))
    return found


_KINDS_OF_THINGS = {
    word: tuple(kind for kind, words in _THINGS.items() if word in words.split())
    for words in _THINGS.values()
    for word in words.split()
}
_PHRASES_OF_TROUBLE = _by_first_word()


def troubles_of_things(text: str) -> Iterator[tuple[Category, float, str]]:
    """What each nearest pair means, how much it weighs, and its words; of a text in lower case."""
    words = _WORD.findall(text)
    things = [(place, kind) for place, word in enumerate(words) for kind in _KINDS_OF_THINGS.get(word, ())]
    if not things:
        return
    heaviest: dict[tuple[str, str], tuple[float, str]] = {}
    for place, word in enumerate(words):
        for phrase, trouble in _PHRASES_OF_TROUBLE.get(word, ()):
            if tuple(words[place : place + len(phrase)]) != phrase:
                continue
            for where, kind in things:
                if (kind, trouble) not in _MEANINGS:
                    continue
                apart = place - where - 1 if where < place else where - place - len(phrase)
                between = words[min(where, place) : max(where, place)]
                if not 0 <= apart <= _NEAR_WORDS or "\n" in between or ";" in between:
                    continue
                weight = (_HEAVIEST if len(phrase) > 1 else 0.7 * _HEAVIEST) / (1 + apart / _FALLS)
                if weight > heaviest.get((kind, trouble), (0.0, ""))[0]:
                    heaviest[kind, trouble] = (weight, f"{words[where]} … {' '.join(phrase)}")
    for (kind, trouble), (weight, said) in heaviest.items():
        yield _MEANINGS[kind, trouble], weight, said

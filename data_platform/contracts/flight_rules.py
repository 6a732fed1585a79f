"""The rules across the columns of a flight, each with what the real year has to say of it.

The first ones hold without exception: a row that breaks one is wrong and is set aside. The others tell traps, for
whoever counts flights; their rows are right and stay. Rules of one column are with the column, in `core.py`.
"""

from data_platform.auditing import quarantine, rule, warn

RARE = quarantine(max_rate=0.01, reason="None in 2013. The row contradicts itself, so no use of it is safe.")

FLIGHT_RULES = (
    rule(
        "departure_is_schedule_plus_delay",
        "(actual_departure_hhmm // 100 * 60 + actual_departure_hhmm % 100"
        " - scheduled_departure_hhmm // 100 * 60 - scheduled_departure_hhmm % 100"
        " - departure_delay_minutes) % 1440 = 0",
        quarantine(max_rate=0.01, reason="Holds for all 328,521 departures of 2013, modulo 24 hours."),
    ),
    rule(
        "arrival_is_schedule_plus_delay",
        "(actual_arrival_hhmm // 100 * 60 + actual_arrival_hhmm % 100"
        " - scheduled_arrival_hhmm // 100 * 60 - scheduled_arrival_hhmm % 100"
        " - arrival_delay_minutes) % 1440 = 0",
        quarantine(max_rate=0.01, reason="Holds for all 327,346 arrivals of 2013, modulo 24 hours."),
    ),
    rule(
        "no_flight_is_shorter_than_its_air_time",
        "gate_to_gate_minutes >= air_time_minutes",
        quarantine(
            max_rate=0.01,
            reason="Holds for all 319,809 flights of 2013 with a known zone (the closest has 5 minutes on "
            "the ground). A wrong zone, date or clock breaks it.",
        ),
    ),
    rule(
        "scheduled_clock_is_the_local_time",
        "EXTRACT(HOUR FROM scheduled_departure_local) * 100"
        " + EXTRACT(MINUTE FROM scheduled_departure_local) = scheduled_departure_hhmm % 2400",
        quarantine(max_rate=0.01, reason="None in 2013. The clock never shows that time on that date."),
    ),
    rule(
        "reported_clocks_are_local_times",
        "COALESCE(EXTRACT(HOUR FROM actual_departure_local) * 100"
        " + EXTRACT(MINUTE FROM actual_departure_local) = actual_departure_hhmm % 2400, TRUE)"
        " AND COALESCE(EXTRACT(HOUR FROM actual_arrival_local) * 100"
        " + EXTRACT(MINUTE FROM actual_arrival_local) = actual_arrival_hhmm % 2400, TRUE)",
        warn(
            max_rate=0.1,
            reason="1: B6 35 of 9 March arrived at 2:03, which was 3:03 as the clocks had gone forward. "
            "The source adds delays to clocks without regard to that; the instants are right, the clock "
            "is an hour off.",
        ),
    ),
    rule(
        "cancelled_has_neither_delay_nor_arrival",
        "status <> 'cancelled' OR (departure_delay_minutes IS NULL AND actual_arrival_hhmm IS NULL"
        " AND arrival_delay_minutes IS NULL AND air_time_minutes IS NULL)",
        RARE,
    ),
    rule(
        "arrived_has_both_delays",
        "status <> 'arrived' OR (departure_delay_minutes IS NOT NULL AND arrival_delay_minutes IS NOT NULL)",
        RARE,
    ),
    rule("goes_somewhere_else", "origin <> destination", RARE),
    rule(
        "is_not_cancelled",
        "status <> 'cancelled'",
        warn(
            max_rate=0.8,
            reason="8,255 (2.5 %, 57 % on 9 February). Not an error, but above 80 % rather a broken file than snow.",
        ),
    ),
    rule(
        "departed_has_an_air_time",
        "status <> 'diverted'",
        warn(
            max_rate=0.1,
            reason="1,175 departed without one (0.3 %, at most 3.7 % a day): diverted or turned back. They "
            "count as not on time.",
        ),
    ),
    rule(
        "arrival_time_has_a_delay",
        "actual_arrival_hhmm IS NULL OR arrival_delay_minutes IS NOT NULL",
        warn(
            max_rate=0.05,
            reason="717 have an arrival time and no delay (0.2 %, at most 1.5 % a day): diverted flights "
            "that reached their destination later, up to a day. The date is not known, so the instant "
            "stays null.",
        ),
    ),
    rule(
        "leaves_on_its_scheduled_date",
        "departure_date = flight_date",
        warn(
            max_rate=0.1,
            reason="1,236 left on the day after (0.4 %, at most 3.3 % a day). Not an error: who counts "
            "departures by day takes `departure_date`, who counts the schedule `flight_date`.",
        ),
    ),
    rule(
        "no_clock_shows_24_00",
        "COALESCE(actual_departure_hhmm, 0) <> 2400 AND COALESCE(actual_arrival_hhmm, 0) <> 2400",
        warn(
            max_rate=0.02,
            reason="179 times (29 departures, 150 arrivals) are 24:00, at most 3 a day: midnight at the "
            "end of the day. The instants are right; a parser of clocks has to know.",
        ),
    ),
    rule(
        "flies_below_600_mph",
        "distance_miles * 60 <= air_time_minutes * 600",
        warn(
            max_rate=0.01,
            reason="4 are faster, by up to 703 mph (DL 1499 of 25 May: 762 miles in 65 minutes): their air "
            "time is too short. Delays do not depend on it.",
        ),
    ),
)

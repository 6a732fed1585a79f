/*
description: |
  One scheduled departure from a New York airport: carrier, flight number, origin and date. Cancelled ones included.

  **Times.** `*_utc` is the instant, `*_local` the wall clock at the airport in question, `*_hhmm` the clock as the
  source wrote it (2400 is midnight at the end of the day).
  - Scheduled departure: the source's own UTC hour where the origin's clock then shows the scheduled time (which also
    decides an hour that comes twice), else the scheduled clock in the origin's zone.
  - Actual departure: scheduled + delay in elapsed minutes, so a late flight leaves on the right date.
  - Scheduled arrival: the first instant after the scheduled departure at which the destination's clock shows the
    scheduled time. Actual arrival: that + delay in elapsed minutes. Both are null where the destination's zone is
    unknown; the actual one also where the source gives no delay, since a clock alone does not say on which date.

  **Status.** `cancelled`: never departed. `diverted`: departed, but the source has no air time: it landed elsewhere
  or turned back (some still reached their destination later). `arrived`: every other.

  **Weather.** `weather_hour_key` names the hour of the scheduled departure; not every hour was observed.
owners: [team:flight-data]
freshness_hours: 30
split_key: [carrier]
partition_column: flight_date
consumers:
  - {name: Operations stand-up, daily_by: "07:00", zone: America/New_York, notices: operations}
*/
-- One CTE for each instant, so that no conversion of a zone is written, and computed, twice.
WITH landed AS (
  SELECT
    flights.flight_date,
    flights.carrier,
    flights.flight,
    flights.origin,
    flights.dest,
    flights.tailnum,
    flights.sched_dep_time,
    flights.dep_time,
    flights.dep_delay,
    flights.sched_arr_time,
    flights.arr_time,
    flights.arr_delay,
    flights.air_time,
    flights.distance,
    origin_airport.time_zone AS origin_zone,
    destination_airport.time_zone AS destination_zone,
    CAST(flights.flight_date AS TIMESTAMP)
      + (flights.sched_dep_time // 100 * 60 + flights.sched_dep_time % 100) * INTERVAL '1' MINUTE AS departure_clock,
    flights.time_hour + flights.sched_dep_time % 100 * INTERVAL '1' MINUTE AS reported_departure_utc,
    reported_departure_utc AT TIME ZONE origin_zone AS reported_departure_local
  FROM raw.flights AS flights
  LEFT JOIN core.airport AS origin_airport
    ON origin_airport.airport_code = flights.origin
  LEFT JOIN core.airport AS destination_airport
    ON destination_airport.airport_code = flights.dest
  WHERE flights.flight_date >= $start_date
    AND flights.flight_date < $end_date
), departing AS (
  SELECT
    flight_date, carrier, flight, origin, dest, tailnum, sched_dep_time, dep_time, dep_delay, sched_arr_time, arr_time,
    arr_delay, air_time, distance, origin_zone, destination_zone,
    CASE
      WHEN reported_departure_local = departure_clock THEN reported_departure_utc
      ELSE departure_clock AT TIME ZONE origin_zone
    END AS scheduled_departure_utc,
    CASE
      WHEN reported_departure_local = departure_clock THEN departure_clock
      ELSE departure_clock AT TIME ZONE origin_zone AT TIME ZONE origin_zone
    END AS scheduled_departure_local
  FROM landed
), at_destination AS (
  SELECT
    flight_date, carrier, flight, origin, dest, tailnum, sched_dep_time, dep_time, dep_delay, sched_arr_time, arr_time,
    arr_delay, air_time, distance, origin_zone, destination_zone, scheduled_departure_utc, scheduled_departure_local,
    scheduled_departure_utc AT TIME ZONE destination_zone AS departure_at_destination
  FROM departing
), arrival_clocks AS (
  SELECT
    flight_date, carrier, flight, origin, dest, tailnum, sched_dep_time, dep_time, dep_delay, sched_arr_time, arr_time,
    arr_delay, air_time, distance, origin_zone, destination_zone, scheduled_departure_utc, scheduled_departure_local,
    departure_at_destination,
    DATE_TRUNC('day', departure_at_destination)
      + (sched_arr_time // 100 * 60 + sched_arr_time % 100) * INTERVAL '1' MINUTE AS same_day_clock,
    CASE
      WHEN same_day_clock > departure_at_destination THEN same_day_clock
      ELSE same_day_clock + INTERVAL '1' DAY
    END AS arrival_clock
  FROM at_destination
), steady AS (
  -- Right unless the destination's clocks change on the way; of a clock that comes twice it is the first instant.
  SELECT
    flight_date, carrier, flight, origin, dest, tailnum, sched_dep_time, dep_time, dep_delay, sched_arr_time, arr_time,
    arr_delay, air_time, distance, origin_zone, destination_zone, scheduled_departure_utc, scheduled_departure_local,
    same_day_clock, arrival_clock,
    scheduled_departure_utc + (arrival_clock - departure_at_destination) AS steady_arrival_utc
  FROM arrival_clocks
), timed AS (
  SELECT
    flight_date, carrier, flight, origin, dest, tailnum, sched_dep_time, dep_time, dep_delay, sched_arr_time, arr_time,
    arr_delay, air_time, distance, origin_zone, destination_zone, scheduled_departure_utc, scheduled_departure_local,
    scheduled_departure_utc + dep_delay * INTERVAL '1' MINUTE AS actual_departure_utc,
    CASE
      WHEN steady_arrival_utc AT TIME ZONE destination_zone = arrival_clock THEN steady_arrival_utc
      WHEN same_day_clock AT TIME ZONE destination_zone > scheduled_departure_utc
        THEN same_day_clock AT TIME ZONE destination_zone
      ELSE arrival_clock AT TIME ZONE destination_zone
    END AS scheduled_arrival_utc
  FROM steady
)
SELECT
  timed.flight_date AS flight_date,
  timed.carrier AS carrier,
  timed.flight AS flight_number,
  timed.origin AS origin,
  timed.dest AS destination,
  timed.tailnum AS tail_number,
  CASE
    WHEN timed.dep_time IS NULL THEN 'cancelled'
    WHEN timed.air_time IS NULL THEN 'diverted'
    ELSE 'arrived'
  END AS status,
  timed.sched_dep_time AS scheduled_departure_hhmm,
  timed.dep_time AS actual_departure_hhmm,
  timed.sched_arr_time AS scheduled_arrival_hhmm,
  timed.arr_time AS actual_arrival_hhmm,
  timed.dep_delay AS departure_delay_minutes,
  timed.arr_delay AS arrival_delay_minutes,
  timed.air_time AS air_time_minutes,
  timed.distance AS distance_miles,
  timed.origin_zone AS origin_time_zone,
  timed.destination_zone AS destination_time_zone,
  timed.scheduled_departure_utc AS scheduled_departure_utc,
  timed.scheduled_departure_local AS scheduled_departure_local,
  timed.actual_departure_utc AS actual_departure_utc,
  timed.actual_departure_utc AT TIME ZONE timed.origin_zone AS actual_departure_local,
  CAST(actual_departure_local AS DATE) AS departure_date,
  timed.scheduled_arrival_utc AS scheduled_arrival_utc,
  timed.scheduled_arrival_utc AT TIME ZONE timed.destination_zone AS scheduled_arrival_local,
  timed.scheduled_arrival_utc + timed.arr_delay * INTERVAL '1' MINUTE AS actual_arrival_utc,
  actual_arrival_utc AT TIME ZONE timed.destination_zone AS actual_arrival_local,
  CAST(actual_arrival_local AS DATE) AS arrival_date,
  DATE_DIFF('minute', timed.actual_departure_utc, actual_arrival_utc) AS gate_to_gate_minutes,
  timed.origin || ' ' || STRFTIME(timed.scheduled_departure_utc AT TIME ZONE 'UTC', '%Y-%m-%dT%HZ') AS weather_hour_key
FROM timed

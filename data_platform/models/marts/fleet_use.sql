/*
description: |
  How each aircraft was used on departures from New York, by tail number, also those the register does not know.

  Flights without a tail number (all cancelled) belong to no aircraft and are left out. Distance and time in the air are
  of flights that arrived. Seats of an aircraft registered with fewer than 20 are not an airliner's (see `core.plane`),
  so `seat_miles` is null there. An `overlapping` departure left before the same aircraft had arrived from its previous
  one: at least one of the two has the wrong tail number.
owners: [team:analytics]
freshness_hours: 30
split_key: [tail_number]
consumers:
  - {name: Fleet planning, daily_by: "09:00", zone: America/New_York, notices: fleet}
*/
WITH departed AS (
  SELECT
    flight.tail_number,
    flight.carrier,
    flight.flight_date,
    flight.status,
    flight.distance_miles,
    flight.air_time_minutes,
    flight.actual_departure_utc < LAG(flight.actual_arrival_utc) OVER (
      PARTITION BY flight.tail_number, flight.status <> 'cancelled'
      ORDER BY flight.actual_departure_utc, flight.carrier, flight.flight_number, flight.origin, flight.flight_date
    ) AS is_overlapping
  FROM core.flight AS flight
  WHERE flight.tail_number IS NOT NULL
)
SELECT
  departed.tail_number AS tail_number,
  plane.tail_number IS NOT NULL AS is_registered,
  plane.manufacturer AS manufacturer,
  plane.model AS model,
  plane.manufactured_year AS manufactured_year,
  plane.seat_count AS seat_count,
  COUNT(DISTINCT departed.carrier) AS airlines,
  COUNT(*) AS scheduled_flights,
  COUNT(*) FILTER (WHERE departed.status = 'arrived') AS arrived_flights,
  COUNT(*) FILTER (WHERE departed.status = 'diverted') AS diverted_flights,
  COUNT(*) FILTER (WHERE departed.status = 'cancelled') AS cancelled_flights,
  COUNT(*) FILTER (WHERE departed.is_overlapping) AS overlapping_flights,
  COUNT(DISTINCT departed.flight_date) FILTER (WHERE departed.status <> 'cancelled') AS days_flown,
  MIN(departed.flight_date) AS first_flight_date,
  MAX(departed.flight_date) AS last_flight_date,
  CAST(COALESCE(SUM(departed.distance_miles) FILTER (WHERE departed.status = 'arrived'), 0) AS BIGINT) AS flown_miles,
  COALESCE(SUM(departed.air_time_minutes), 0) / 60 AS air_time_hours,
  CAST(
    SUM(departed.distance_miles * plane.seat_count) FILTER (WHERE departed.status = 'arrived' AND plane.seat_count >= 20)
    AS BIGINT
  ) AS seat_miles
FROM departed
LEFT JOIN core.plane AS plane
  ON plane.tail_number = departed.tail_number
GROUP BY
  departed.tail_number,
  plane.tail_number,
  plane.manufacturer,
  plane.model,
  plane.manufactured_year,
  plane.seat_count

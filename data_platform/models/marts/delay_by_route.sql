/*
description: |
  What to expect of each route: delay, cancellations and duration, over all days loaded.

  Rates are of all scheduled flights, delays and durations of those that arrived; on time is less than 15 minutes
  late at the gate, as in `punctuality_by_airline_month`. Durations are null for destinations without a known time
  zone. The source gives two lengths, a mile apart, for the routes to EGE: the shorter one is taken.
owners: [team:analytics]
freshness_hours: 30
split_key: [origin, destination]
consumers:
  - {name: Route review, daily_by: "09:00", zone: America/New_York, notices: network planning}
*/
SELECT
  flight.origin AS origin,
  flight.destination AS destination,
  airport.airport_name AS destination_name,
  MIN(flight.distance_miles) AS distance_miles,
  COUNT(*) AS scheduled_flights,
  COUNT(*) FILTER (WHERE flight.status = 'arrived') AS arrived_flights,
  COUNT(*) FILTER (WHERE flight.status = 'diverted') AS diverted_flights,
  COUNT(*) FILTER (WHERE flight.status = 'cancelled') AS cancelled_flights,
  COUNT(DISTINCT flight.carrier) AS airlines,
  COUNT(*) FILTER (WHERE flight.status = 'arrived' AND flight.arrival_delay_minutes < 15) / COUNT(*) AS on_time_rate,
  COUNT(*) FILTER (WHERE flight.status = 'cancelled') / COUNT(*) AS cancelled_rate,
  AVG(flight.departure_delay_minutes) FILTER (WHERE flight.status = 'arrived') AS average_departure_delay_minutes,
  AVG(flight.arrival_delay_minutes) FILTER (WHERE flight.status = 'arrived') AS average_arrival_delay_minutes,
  PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY flight.arrival_delay_minutes) FILTER (WHERE flight.status = 'arrived')
    AS median_arrival_delay_minutes,
  PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY flight.arrival_delay_minutes) FILTER (WHERE flight.status = 'arrived')
    AS p90_arrival_delay_minutes,
  AVG(flight.gate_to_gate_minutes) FILTER (WHERE flight.status = 'arrived') AS average_gate_to_gate_minutes,
  AVG(flight.air_time_minutes) FILTER (WHERE flight.status = 'arrived') AS average_air_time_minutes
FROM core.flight AS flight
LEFT JOIN core.airport AS airport
  ON airport.airport_code = flight.destination
GROUP BY
  flight.origin,
  flight.destination,
  airport.airport_name

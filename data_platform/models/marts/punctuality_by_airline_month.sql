/*
description: |
  How punctual each airline was in each month (of the scheduled departure date, local).

  **On time** is what the US Department of Transportation counts: arrived at the gate of its destination less than
  15 minutes after the scheduled time. The rate is of all scheduled flights, so a cancelled or diverted flight counts
  as not on time, also when a diverted one reached its destination later. Averages and percentiles of the arrival delay
  are of arrived flights only; an early arrival counts as a negative delay.
owners: [team:analytics]
freshness_hours: 30
split_key: [carrier, month_start_date]
consumers:
  - {name: Airline scorecard, daily_by: "08:00", zone: America/New_York, notices: airline relations}
*/
SELECT
  flight.carrier AS carrier,
  airline.airline_name AS airline_name,
  CAST(DATE_TRUNC('month', flight.flight_date) AS DATE) AS month_start_date,
  COUNT(*) AS scheduled_flights,
  COUNT(*) FILTER (WHERE flight.status = 'arrived') AS arrived_flights,
  COUNT(*) FILTER (WHERE flight.status = 'diverted') AS diverted_flights,
  COUNT(*) FILTER (WHERE flight.status = 'cancelled') AS cancelled_flights,
  COUNT(*) FILTER (WHERE flight.status = 'arrived' AND flight.arrival_delay_minutes < 15) AS on_time_flights,
  COUNT(*) FILTER (WHERE flight.status = 'arrived' AND flight.arrival_delay_minutes < 15) / COUNT(*) AS on_time_rate,
  COUNT(*) FILTER (WHERE flight.status = 'cancelled') / COUNT(*) AS cancelled_rate,
  AVG(flight.departure_delay_minutes) AS average_departure_delay_minutes,
  AVG(flight.arrival_delay_minutes) FILTER (WHERE flight.status = 'arrived') AS average_arrival_delay_minutes,
  PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY flight.arrival_delay_minutes) FILTER (WHERE flight.status = 'arrived')
    AS median_arrival_delay_minutes,
  PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY flight.arrival_delay_minutes) FILTER (WHERE flight.status = 'arrived')
    AS p90_arrival_delay_minutes
FROM core.flight AS flight
LEFT JOIN core.airline AS airline
  ON airline.carrier = flight.carrier
GROUP BY
  flight.carrier,
  airline.airline_name,
  CAST(DATE_TRUNC('month', flight.flight_date) AS DATE)

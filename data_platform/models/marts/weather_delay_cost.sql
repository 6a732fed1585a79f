/*
description: |
  What each kind of weather at the departure airport costs in delay and cancellations.

  The weather is that of the hour of the scheduled departure. An hour counts under the first of these that it meets:
  snow or ice (precipitation at 34 °F or below), heavy rain (0.1 inch or more), poor visibility (under 3 miles), strong
  wind (25 mph or gusts of 35), rain, fair. Hours without an observation, or set aside as wrong, are `not observed`.

  The cost is the difference from fair weather at the same airport and the same scheduled hour of the day, because
  delays build up over the day whatever the weather: delay minutes and cancelled flights beyond what as many flights
  would have had. Only `compared_flights` are in it: those at an hour of the day that also saw fair weather there.
owners: [team:analytics]
freshness_hours: 30
consumers:
  - {name: Weather desk briefing, daily_by: "08:00", zone: America/New_York, notices: operations}
*/
WITH hourly AS (
  SELECT
    flight.origin,
    CASE
      WHEN weather.weather_hour_key IS NULL THEN 'not observed'
      WHEN weather.precipitation_inches > 0 AND weather.temperature_fahrenheit <= 34 THEN 'snow or ice'
      WHEN weather.precipitation_inches >= 0.1 THEN 'heavy rain'
      WHEN weather.visibility_miles < 3 THEN 'poor visibility'
      WHEN weather.wind_speed_mph >= 25 OR weather.wind_gust_mph >= 35 THEN 'strong wind'
      WHEN weather.precipitation_inches > 0 THEN 'rain'
      ELSE 'fair'
    END AS weather_condition,
    flight.scheduled_departure_hhmm // 100 AS hour_of_day,
    COUNT(*) AS scheduled_flights,
    COUNT(*) FILTER (WHERE flight.status = 'cancelled') AS cancelled_flights,
    COUNT(flight.departure_delay_minutes) AS departed_flights,
    COALESCE(SUM(flight.departure_delay_minutes), 0) AS delay_minutes
  FROM core.flight AS flight
  LEFT JOIN core.weather_hour AS weather
    ON weather.weather_hour_key = flight.weather_hour_key
  GROUP BY
    flight.origin,
    weather_condition,
    hour_of_day
), compared AS (
  -- Decimals, because their sum does not depend on the order in which threads add it up.
  SELECT
    hourly.origin,
    hourly.weather_condition,
    hourly.scheduled_flights,
    hourly.cancelled_flights,
    hourly.departed_flights,
    hourly.delay_minutes,
    CASE WHEN fair.departed_flights > 0 THEN hourly.scheduled_flights ELSE 0 END AS compared_flights,
    CASE WHEN fair.departed_flights > 0 THEN hourly.departed_flights ELSE 0 END AS compared_departed_flights,
    CAST(
      hourly.delay_minutes - hourly.departed_flights * fair.delay_minutes / NULLIF(fair.departed_flights, 0)
      AS DECIMAL(18, 6)
    ) AS extra_delay_minutes,
    CAST(
      CASE
        WHEN fair.departed_flights > 0
          THEN hourly.cancelled_flights - hourly.scheduled_flights * fair.cancelled_flights / fair.scheduled_flights
      END AS DECIMAL(18, 6)
    ) AS extra_cancelled_flights
  FROM hourly
  LEFT JOIN hourly AS fair
    ON fair.origin = hourly.origin
    AND fair.hour_of_day = hourly.hour_of_day
    AND fair.weather_condition = 'fair'
)
SELECT
  compared.origin AS origin,
  compared.weather_condition AS weather_condition,
  CAST(SUM(compared.scheduled_flights) AS BIGINT) AS scheduled_flights,
  CAST(SUM(compared.departed_flights) AS BIGINT) AS departed_flights,
  CAST(SUM(compared.cancelled_flights) AS BIGINT) AS cancelled_flights,
  CAST(SUM(compared.delay_minutes) AS BIGINT) AS departure_delay_minutes,
  SUM(compared.delay_minutes) / NULLIF(SUM(compared.departed_flights), 0) AS average_departure_delay_minutes,
  CAST(SUM(compared.compared_flights) AS BIGINT) AS compared_flights,
  CAST(SUM(compared.extra_delay_minutes) AS DOUBLE) AS extra_delay_minutes,
  CAST(SUM(compared.extra_delay_minutes) AS DOUBLE) / NULLIF(SUM(compared.compared_departed_flights), 0)
    AS extra_delay_minutes_per_flight,
  CAST(SUM(compared.extra_cancelled_flights) AS DOUBLE) AS extra_cancelled_flights
FROM compared
GROUP BY
  compared.origin,
  compared.weather_condition

/*
description: |
  One hour of weather at one departure airport, by the instant (UTC) at which the hour begins.

  The key is the UTC hour, because the local hour is not one: on 3 November 1 o'clock comes twice (the second one
  has `repeats_local_hour`), on 10 March 2 o'clock never. `temperature_jump_fahrenheit` is by how much the hour
  differs, in one direction, from both the hours observed before and after it: a value to distrust when it is large.
owners: [team:weather-data]
freshness_hours: 30
split_key: [airport_code]
consumers:
  - {name: Weather desk briefing, daily_by: "08:00", zone: America/New_York, notices: operations}
*/
WITH observed AS (
  SELECT
    weather.origin,
    weather.time_hour,
    airport.time_zone AS zone,
    weather.time_hour AT TIME ZONE zone AS local_hour,
    -- TRY_CAST: an impossible date is the contract's to judge, not a reason to build nothing.
    TRY_CAST(
      FORMAT('{:04d}-{:02d}-{:02d} {:02d}:00:00', weather.year, weather.month, weather.day, weather.hour) AS TIMESTAMP
    ) AS reported_local_hour,
    weather.temp,
    weather.temp - LAG(weather.temp) OVER (PARTITION BY weather.origin ORDER BY weather.time_hour) AS above_previous,
    weather.temp - LEAD(weather.temp) OVER (PARTITION BY weather.origin ORDER BY weather.time_hour) AS above_next,
    weather.dewp,
    weather.humid,
    weather.wind_dir,
    weather.wind_speed,
    weather.wind_gust,
    weather.precip,
    weather.pressure,
    weather.visib
  FROM raw.weather AS weather
  LEFT JOIN core.airport AS airport
    ON airport.airport_code = weather.origin
)
SELECT
  observed.origin || ' ' || STRFTIME(observed.time_hour AT TIME ZONE 'UTC', '%Y-%m-%dT%HZ') AS weather_hour_key,
  observed.origin AS airport_code,
  observed.time_hour AS observed_hour_utc,
  observed.local_hour AS observed_hour_local,
  observed.reported_local_hour AS reported_hour_local,
  (observed.time_hour - INTERVAL '1' HOUR) AT TIME ZONE observed.zone = observed.local_hour AS repeats_local_hour,
  observed.temp AS temperature_fahrenheit,
  CASE
    WHEN observed.above_previous * observed.above_next > 0
      THEN SIGN(observed.above_next) * LEAST(ABS(observed.above_previous), ABS(observed.above_next))
    WHEN observed.above_previous * observed.above_next <= 0 THEN 0
  END AS temperature_jump_fahrenheit,
  observed.dewp AS dew_point_fahrenheit,
  observed.humid AS relative_humidity_percent,
  observed.wind_dir AS wind_direction_degrees,
  observed.wind_speed AS wind_speed_mph,
  observed.wind_gust AS wind_gust_mph,
  observed.precip AS precipitation_inches,
  observed.pressure AS pressure_millibars,
  observed.visib AS visibility_miles
FROM observed

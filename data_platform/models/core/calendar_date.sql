/*
description: |
  One calendar date: all of 2013 and the day either side, because a flight scheduled on 1 January may leave
  before midnight, and one scheduled on 31 December may arrive in the new year.

  `new_york_hours` is the length of the date in the departure airports' zone: 23 or 25 when the clocks change.
owners: [team:reference-data]
freshness_hours: 30
consumers:
  - {name: Board punctuality report, daily_by: "07:30", zone: America/New_York, notices: finance}
*/
WITH dates AS (
  SELECT
    CAST(UNNEST(GENERATE_SERIES(DATE '2012-12-31', DATE '2014-01-01', INTERVAL '1' DAY)) AS DATE) AS calendar_date
)
SELECT
  dates.calendar_date AS calendar_date,
  EXTRACT(YEAR FROM dates.calendar_date) AS calendar_year,
  EXTRACT(QUARTER FROM dates.calendar_date) AS quarter_of_year,
  EXTRACT(MONTH FROM dates.calendar_date) AS month_of_year,
  EXTRACT(DAY FROM dates.calendar_date) AS day_of_month,
  EXTRACT(ISODOW FROM dates.calendar_date) AS iso_day_of_week,
  EXTRACT(WEEK FROM dates.calendar_date) AS iso_week_of_year,
  CAST(DATE_TRUNC('month', dates.calendar_date) AS DATE) AS month_start_date,
  DAYNAME(dates.calendar_date) AS day_name,
  MONTHNAME(dates.calendar_date) AS month_name,
  EXTRACT(ISODOW FROM dates.calendar_date) >= 6 AS is_weekend,
  DATE_DIFF(
    'hour',
    CAST(dates.calendar_date AS TIMESTAMP) AT TIME ZONE 'America/New_York',
    CAST(dates.calendar_date + INTERVAL '1' DAY AS TIMESTAMP) AT TIME ZONE 'America/New_York'
  ) AS new_york_hours
FROM dates

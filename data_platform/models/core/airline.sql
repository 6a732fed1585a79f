/*
description: |
  One airline that flies from the New York airports, by its two-letter carrier code.
owners: [team:reference-data]
freshness_hours: 30
consumers:
  - {name: Operations stand-up, daily_by: "07:00", zone: America/New_York, notices: operations}
*/
SELECT
  airlines.carrier AS carrier,
  airlines.name AS airline_name
FROM raw.airlines AS airlines

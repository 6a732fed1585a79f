/*
description: |
  One aircraft of the register, by its tail number.

  A tail number may stand for a private aircraft here, because the airline has given it up since or reports its own
  fleet numbers (a two-seat kit plane "flies" for an airline). `seat_count` under 20 marks these; sums of seats leave
  them out.
owners: [team:reference-data]
freshness_hours: 30
split_key: [tail_number]
consumers:
  - {name: Fleet planning, daily_by: "09:00", zone: America/New_York, notices: fleet}
*/
SELECT
  planes.tailnum AS tail_number,
  planes.year AS manufactured_year,
  planes.type AS aircraft_type,
  planes.manufacturer AS manufacturer,
  planes.model AS model,
  planes.engines AS engine_count,
  planes.engine AS engine_type,
  planes.seats AS seat_count,
  planes.speed AS cruising_speed_mph
FROM raw.planes AS planes

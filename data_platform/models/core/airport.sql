/*
description: |
  One airport, by its three-letter FAA code, with its place and its time zone.

  `time_zone` (an IANA name) is what local times are derived from. The source's own offset and daylight saving code
  are kept only to be compared with it: they contradict it at 31 airports.
owners: [team:reference-data]
freshness_hours: 30
consumers:
  - {name: Operations stand-up, daily_by: "07:00", zone: America/New_York, notices: operations}
*/
SELECT
  airports.faa AS airport_code,
  airports.name AS airport_name,
  airports.lat AS latitude_degrees,
  airports.lon AS longitude_degrees,
  airports.alt AS elevation_feet,
  airports.tzone AS time_zone,
  airports.tz AS standard_utc_offset_hours,
  airports.dst AS daylight_saving_code
FROM raw.airports AS airports

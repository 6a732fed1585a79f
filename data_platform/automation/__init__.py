"""What runs by itself: schedules, sensors, and the condition under which tables are refreshed. Jobs are elsewhere."""

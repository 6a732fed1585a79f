"""Jobs on the lakehouse as a whole: maintain it, restore a table, release a quarantine."""

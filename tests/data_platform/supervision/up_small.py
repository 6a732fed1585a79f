"""Runs `up` with a module of definitions, as a process of its own: `python -m … MODULE`."""

import sys

from data_platform.settings import load_settings
from data_platform.supervision.up import up

if __name__ == "__main__":
    up(load_settings(), tell=lambda line: print(line, flush=True), module=sys.argv[1])

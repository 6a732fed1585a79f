"""`python -m data_platform`: the command line."""

from data_platform.cli.app import main

if __name__ == "__main__":
    main()

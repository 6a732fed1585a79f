"""The command line, `data-platform`: one file a command, each importing what it needs when it runs.

Nothing here decides anything about data: commands call the platform's own functions and jobs, and show.
"""

"""The command line `escalation`: one file for each command, imported when it is called."""

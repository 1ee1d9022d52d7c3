"""``python -m poremetrics`` is the command line."""

from poremetrics.cli import main

main()

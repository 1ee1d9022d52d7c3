"""Ends every Python process that asks for a socket; Python loads this where it is on the path."""

import os
import sys


def _end(event: str, _arguments: object) -> None:
    # An exception could be caught by a library that tries and goes on without.
    if event.startswith("socket."):
        os.write(2, f"network: {event}\n".encode())
        os._exit(97)


sys.addaudithook(_end)

"""Starts any program for a process that is much larger: to fork this one costs little."""

import _signal
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gyreforks

command, variables = gyreforks.wait_at_gate(*gyreforks.serve())
# Python leaves these out for itself; a program that writes to a closed pipe is to end by it.
for ignored in (_signal.SIGPIPE, _signal.SIGXFSZ):
    _signal.signal(ignored, _signal.SIG_DFL)
try:
    os.execvpe(command[0], command, variables)
except OSError as error:
    os.write(2, ("%s: %s\n" % (command[0], error.strerror)).encode())
    os._exit(127 if isinstance(error, FileNotFoundError) else 126)

"""Turns an interpreter into a fork server before it runs its main program.

Python imports this by its name while it starts, when everything is set up and nothing of the main program has
begun. Here it waits. For each step it forks, gives the child the step's streams, folder, variables and words,
and lets the child return: the interpreter then goes on to its main program by itself, as every other does. So
tracebacks, exit codes, `__main__` and the end of the interpreter are Python's own and not imitated.

The main program is named before it is known: `/proc/self/fd/199`, which the child opens, or a module whose name
is put right when runpy asks for it. A trace function does that at the first call, and then is gone; so is
everything this file imported. What cannot be done so (a script that warns or does not compile, a folder) is
handed to a new interpreter by `exec`.
"""

import sys

import _imp
import os
import site

# Python has all of these by now. What is imported from here on belongs to a sitecustomize of its own, or to us.
_known = set(sys.modules)
_FOLDER = os.path.dirname(os.path.abspath(__file__))


def _find_real():
    """The sitecustomize that this one stands before, run as it would have been; Debian's Python has one."""
    finder = sys.modules["_frozen_importlib_external"].PathFinder
    found = finder.find_spec("sitecustomize", [entry for entry in sys.path if entry != _FOLDER])
    if found is None or found.loader is None:
        return None
    module = type(sys)("sitecustomize")
    module.__spec__, module.__loader__, module.__file__ = found, found.loader, found.origin
    found.loader.exec_module(module)
    _known.update(sys.modules)
    return module


_real = _find_real()

import warnings

import gyreforks

_MAIN_FD = 199
_MAIN = "/proc/self/fd/199"


def _become(gate, words):
    """Makes this process what the step's own interpreter would be just before its main program."""
    command, variables = gyreforks.wait_at_gate(gate, words)
    home, own_home = os.environ["HOME"], variables["HOME"]
    for name in ("USER_BASE", "USER_SITE"):
        place = getattr(site, name)
        if place is not None and place.startswith(home):
            setattr(site, name, own_home + place[len(home) :])
    os.environ.clear()
    os.environ.update(variables)
    sys.argv[:] = _arguments(command)
    sys.orig_argv[:] = command
    if command[1] == "-m":
        _expect_module(command)
    else:
        _expect_script(command)


def _arguments(command):
    return ["-m"] + command[3:] if command[1] == "-m" else command[1:]


def _run_anew(command):
    """By a new interpreter, which is never wrong."""
    os.execv(sys.executable, command)


def _expect_script(command):
    path = command[1]
    real = path if path.startswith("/") else os.getcwd() + "/" + path
    try:
        with open(path, "rb") as file:
            source = file.read()
        if source[:2] == b"PK":
            _run_anew(command)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            compile(source, real, "exec", dont_inherit=True)
        if caught:
            _run_anew(command)
        opened = os.open(path, os.O_RDONLY)
    except (OSError, SyntaxError, ValueError, MemoryError, RecursionError):
        _run_anew(command)
    os.dup2(opened, _MAIN_FD, inheritable=False)
    os.close(opened)

    def put_right(frame, event, _):
        if event != "call" or frame.f_code.co_filename != _MAIN:
            return None
        sys.settrace(None)
        os.close(_MAIN_FD)
        _imp._fix_co_filename(frame.f_code, real)
        scope = frame.f_globals
        scope["__file__"] = real
        loader = scope.get("__loader__")
        if getattr(loader, "path", None) == _MAIN:
            loader.path = real
        sys.path_importer_cache.pop(_MAIN, None)
        sys.path_importer_cache[real] = None
        _forget()
        return None

    sys.settrace(put_right)


def _expect_module(command):
    def put_right(frame, event, _):
        if event != "call" or frame.f_code.co_name != "_run_module_as_main":
            return None
        sys.settrace(None)
        frame.f_locals["mod_name"] = command[2]
        _forget()
        return None

    sys.settrace(put_right)


def _forget():
    """What the main program would find imported, and nothing more."""
    for name in list(sys.modules):
        if name not in _known and name not in ("runpy", "pkgutil"):
            del sys.modules[name]
    # In its place: the order of modules is to be seen, too.
    if _real is not None:
        sys.modules["sitecustomize"] = _real
    else:
        del sys.modules["sitecustomize"]


sys.path[:] = [entry for entry in sys.path if entry != _FOLDER]
sys.path_importer_cache.pop(_FOLDER, None)
_become(*gyreforks.serve())

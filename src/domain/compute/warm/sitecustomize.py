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

_known = set(sys.modules)

import _imp
import _signal
import _socket
import os
import site
import warnings

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_MAIN_FD = 199
_MAIN = "/proc/self/fd/199"
_REPORT_FD = 3


def _serve():
    """Returns in a child, when it may begin; the server itself never returns."""
    sys.path[:] = [entry for entry in sys.path if entry != _FOLDER]
    sys.path_importer_cache.pop(_FOLDER, None)
    gates = {}
    children = {}

    def collect(*_):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            number = children.pop(pid, None)
            _report("end %s %d" % (number, os.waitstatus_to_exitcode(status)))

    _signal.signal(_signal.SIGCHLD, collect)
    _report("ready")
    while True:
        words = _read_message()
        if words is None:
            os._exit(0)
        if words[0] == "start":
            number = words[1]
            read_end, write_end = os.pipe()
            _signal.pthread_sigmask(_signal.SIG_BLOCK, {_signal.SIGCHLD})
            pid = os.fork()
            if pid == 0:
                for other in gates.values():
                    os.close(other)
                os.close(write_end)
                return read_end, words
            os.close(read_end)
            gates[number] = write_end
            children[pid] = number
            _report("pid %s %d" % (number, pid))
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, {_signal.SIGCHLD})
        else:
            gate = gates.pop(words[1], None)
            if gate is not None:
                if words[0] == "go":
                    os.write(gate, b"g")
                os.close(gate)


def _report(line):
    os.write(_REPORT_FD, (line + "\n").encode())


def _read_message():
    """A length in eight digits, then words that end with a zero byte; None when the other side is gone."""
    head = _read(8)
    if head is None:
        return None
    body = _read(int(head))
    return None if body is None else [os.fsdecode(word) for word in body.split(b"\0")[:-1]]


def _read(size):
    data = b""
    while len(data) < size:
        part = os.read(0, size - len(data))
        if not part:
            return None
        data += part
    return data


def _become(gate, words):
    """Makes this process what the step's own interpreter would be just before its main program."""
    _, _, address, cwd, count, *rest = words
    command, variables = rest[: int(count)], dict(entry.split("=", 1) for entry in rest[int(count) :])
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, {_signal.SIGCHLD})
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    # A socket, as the streams of every other process of ours are.
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.connect(address)
    output = connection.detach()
    os.dup2(output, 1)
    os.dup2(output, 2)
    for opened in (nothing, output, _REPORT_FD):
        os.close(opened)
    if os.read(gate, 1) != b"g":
        os._exit(125)
    os.close(gate)
    os.chdir(cwd)
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
    del sys.modules["sitecustomize"]
    if _real is not None:
        sys.modules["sitecustomize"] = _real


def _find_real():
    """The sitecustomize that this one stands before, run as it would have been."""
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
_become(*_serve())

"""The loop of a fork server, and how a child takes its streams and waits at its gate.

Messages come on standard input, each a length in eight digits and words that end with a zero byte: `start` with
a number, an address, a folder, how many words the command has, these and the variables; `go` or `drop` with the
number. What is reported, on descriptor 3, are lines: `ready`, `pid <number> <pid>`, `end <number> <exit code>`.
"""

import _signal
import _socket
import os

REPORT_FD = 3


def serve():
    """Returns in a child, with its gate and the message it is for; the server itself never returns."""
    os.set_inheritable(REPORT_FD, False)
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
            report("end %s %d" % (number, os.waitstatus_to_exitcode(status)))

    _signal.signal(_signal.SIGCHLD, collect)
    report("ready")
    while True:
        words = read_message()
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
            report("pid %s %d" % (number, pid))
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, {_signal.SIGCHLD})
        else:
            gate = gates.pop(words[1], None)
            if gate is not None:
                if words[0] == "go":
                    os.write(gate, b"g")
                os.close(gate)


def wait_at_gate(gate, words):
    """Gives the child a group, streams and a folder of its own; returns its command and variables when it may begin."""
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
    for opened in (nothing, output, REPORT_FD):
        os.close(opened)
    if os.read(gate, 1) != b"g":
        os._exit(125)
    os.close(gate)
    os.chdir(cwd)
    return command, variables


def report(line):
    os.write(REPORT_FD, (line + "\n").encode())


def read_message():
    """None when the other side is gone."""
    head = read(8)
    if head is None:
        return None
    body = read(int(head))
    return None if body is None else [os.fsdecode(word) for word in body.split(b"\0")[:-1]]


def read(size):
    data = b""
    while len(data) < size:
        part = os.read(0, size - len(data))
        if not part:
            return None
        data += part
    return data

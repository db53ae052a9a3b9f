"""Answers as the `dvc` that is installed beside this interpreter, one command a line.

Starting dvc costs two seconds, most of them for reading its modules. Here they are read once, and each command runs
in a fork of its own: the same code from `dvc.cli.main` on, with nothing kept between commands. No host is asked: a
command that would has to fail the same way on every machine.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
import traceback

import dvc.cli
import dvc.cli.parser

dvc.cli.parser.get_main_parser()

WARMING = (["init", "-q"], ["status"], ["repro"], ["dag"], ["diff"], ["metrics", "show"], ["params", "diff"], ["plots", "show"], ["checkout"], ["gc", "-wf"])


def no_network(*_arguments, **_options):
    raise socket.gaierror(socket.EAI_NONAME, "no host is asked")


def answer(request, answers):
    out = tempfile.TemporaryFile()
    err = tempfile.TemporaryFile()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.setsid()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os.chdir(request["cwd"])
            os.environ.update(request["environment"])
            socket.getaddrinfo = no_network
            signal.alarm(request["timeoutSeconds"])
            try:
                code = dvc.cli.main(request["words"]) or 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            traceback.print_exc()
        os._exit(code & 255)
    status = os.waitpid(child, 0)[1]
    out.seek(0)
    err.seek(0)
    reply = {
        "code": os.waitstatus_to_exitcode(status),
        "out": out.read().decode("utf-8", "replace"),
        "err": err.read().decode("utf-8", "replace"),
    }
    answers.write(json.dumps(reply) + "\n")
    answers.flush()


def modules_of_commands():
    """Which modules the commands read once they run, found out by running them in a fork."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            os.system("git init -q . 2>/dev/null")
            with open("dvc.yaml", "w") as file:
                file.write("stages:\n  a:\n    cmd: echo 1 > a.json\n    metrics: [a.json]\n")
            for words in WARMING:
                try:
                    dvc.cli.main(words)
                except BaseException:
                    pass
            with os.fdopen(writer, "w") as names:
                names.write(" ".join(sys.modules))
            os.chdir("/")
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as names:
        found = names.read().split()
    os.wait()
    return found


for name in modules_of_commands():
    try:
        importlib.import_module(name)
    except BaseException:
        pass
gc.freeze()

# What dvc or a stage prints must not stand between the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for line in sys.stdin:
    answer(json.loads(line), answers)

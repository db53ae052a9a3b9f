"""The commands of the work, and how they are stopped. Part of one program, after environment.py."""

class Stop:
    """Whether the work is to stop, and how long it may take: by the server's word, or the machine's signal."""

    def __init__(self):
        self.event, self.grace = threading.Event(), 0.0

    def ask(self, grace):
        if not self.event.is_set():
            self.grace = grace
            self.event.set()


def beat(server, stop, state, every):
    while not state["over"].wait(every):
        try:
            answer = server.ask("POST", "/beat", {"phase": state["phase"], "says": state["says"][:300]}, patience=60)
            if answer["stopGraceMs"] is not None:
                stop.ask(answer["stopGraceMs"] / 1000)
        except Refused as error:
            if error.status == 401:
                # The server has given this work up: nothing that it does counts any more.
                state["disowned"] = True
                stop.ask(0)
                return
        except Exception as error:
            log_note("no beat: %s" % error)


def signal_group(group, number):
    try:
        os.killpg(group, number)
        return True
    except (ProcessLookupError, PermissionError):
        return False


def group_lives(group):
    """Whether a process of the group works still; those that ended and were not waited for do not."""
    if not signal_group(group, 0):
        return False
    try:
        entries = os.listdir("/proc")
    except OSError:
        return True
    for entry in entries:
        if not entry.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % entry) as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if fields[2] == str(group) and fields[0] not in "ZX":
            return True
    return False


def end_group(process, grace):
    signal_group(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline:
        process.poll()
        if not group_lives(process.pid):
            return
        time.sleep(0.02)
    signal_group(process.pid, signal.SIGKILL)


def guard(group):
    """A process that ends the group when this program is killed, as a cluster may do, and cannot do it itself."""
    script = "read -r line; kill -KILL -- -%d 2>/dev/null" % group
    return subprocess.Popen(["/bin/sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)


def run_command(command, folder, variables, printed, stop, deadline):
    """The exit code, the signal, and what ended it early."""
    shell = ["/bin/bash", "--noprofile", "--norc", "-c"] if os.path.exists("/bin/bash") else ["/bin/sh", "-c"]
    process = subprocess.Popen(shell + [command], cwd=folder, env=variables, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    too_much, guarding = threading.Event(), guard(process.pid)

    def copy():
        for data in iter(lambda: os.read(process.stdout.fileno(), 65536), b""):
            if not printed.write(data):
                too_much.set()
                return

    reader = threading.Thread(target=copy, daemon=True)
    reader.start()
    ended, pause = "exited", 0.002
    while True:
        try:
            process.wait(timeout=pause)
            break
        except subprocess.TimeoutExpired:
            pause = min(pause * 2, 0.05)
        early = ("stopped" if stop.event.is_set() else "log_limit" if too_much.is_set()
                 else "timeout" if time.monotonic() > deadline else None)
        if early is not None:
            ended = early
            end_group(process, stop.grace if early == "stopped" else 5)
            process.wait()
            break
    if too_much.is_set() and ended == "exited":
        ended = "log_limit"
    if group_lives(process.pid):
        end_group(process, 5)
    guarding.kill()
    guarding.wait()
    guarding.stdin.close()
    reader.join(2)
    code = process.returncode
    name = signal.Signals(-code).name if code < 0 else None
    return (None if code < 0 else code), name, ended

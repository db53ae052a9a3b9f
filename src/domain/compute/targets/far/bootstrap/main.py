"""From the first word to the last. Part of one program, after commands.py."""

def gather(root, outs, uploads):
    found = []
    for out in outs:
        path = inside(root, out)
        if os.path.islink(path):
            continue
        if os.path.isdir(path):
            found.append({"kind": "folder", "path": out, "files": uploads.folder(path)})
        elif os.path.isfile(path):
            digest, size = uploads.send(path)
            found.append({"kind": "file", "path": out, "digest": digest, "sizeBytes": size})
    return found


def perform(server, stop, state, folder):
    """Everything between the first word and the last; the result is the report of the end."""
    task = server.ask("GET", "")
    state["every"] = task["beatEveryMs"] / 1000
    signal.signal(signal.SIGTERM, lambda *_: stop.ask(task["graceMs"] / 1000))
    threading.Thread(target=beat, args=(server, stop, state, state["every"]), daemon=True).start()
    report = {"ended": "stopped", "exitCode": None, "signal": None, "command": None, "outs": [], "problem": None}
    root, home = os.path.join(folder, "work"), os.path.join(folder, "home")
    os.makedirs(root)
    os.makedirs(home)
    fetch(server, root, task["inputs"])
    uploads = Uploads(server, [file["digest"] for file in task["inputs"]])
    keeper = None
    if task["checkpoint"] is not None:
        kept = inside(root, task["checkpoint"]["path"])
        os.makedirs(kept, exist_ok=True)
        fetch(server, kept, task["checkpoint"]["files"])
        uploads.known.update(file["digest"] for file in task["checkpoint"]["files"])
    programs = None

    def say(text):
        state["says"] = text

    if task["environment"] is not None:
        programs = build_environment(task["environment"], say)
    for out in task["outs"]:
        os.makedirs(os.path.dirname(inside(root, out)), exist_ok=True)
    where = root if task["wdir"] == "." else inside(root, task["wdir"])
    os.makedirs(where, exist_ok=True)
    variables = {"LANG": "C.UTF-8", "TZ": "UTC", "HOME": home}
    variables.update({name: os.environ[name] for name in task["passedOn"] if name in os.environ})
    variables.update(task["variables"])
    path = os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    variables["HOME"], variables["PATH"] = home, path if programs is None else programs + os.pathsep + path
    if task["checkpoint"] is not None:
        keeper = CheckpointKeeper(server, uploads, kept, task["checkpointEveryMs"] / 1000)

    state["phase"] = "running"
    server.ask("POST", "/beat", {"phase": "running", "says": ""})
    printed = Printed(server, task["maximumLogBytes"])
    deadline = time.monotonic() + task["timeoutMs"] / 1000
    for number, command in enumerate(task["commands"]):
        if stop.event.is_set():
            break
        printed.write(("> %s\n" % command).encode())
        code, name, ended = run_command(command, where, variables, printed, stop, deadline)
        report.update(ended=ended, exitCode=code, signal=name, command=number)
        if ended != "exited" or code != 0:
            break
    if state["disowned"]:
        return None
    printed.close()
    if keeper is not None:
        keeper.finish()
    if report["ended"] == "exited" and report["exitCode"] == 0 and report["command"] == len(task["commands"]) - 1:
        report["outs"] = gather(root, task["outs"], uploads)
    return report


def trouble_report(kind, message, last_lines):
    problem = {"kind": kind, "message": message[:2000], "lastLines": last_lines}
    return {"ended": "problem", "exitCode": None, "signal": None, "command": None, "outs": [], "problem": problem}


def main():
    take = os.environ.pop
    server = Server(take("GYRE_WORK_SERVER"), take("GYRE_WORK_ID"), take("GYRE_WORK_TOKEN"))
    take("GYRE_WORK_PROGRAM", None)
    stop = Stop()
    state = {"phase": "preparing", "says": "Its files are fetched.", "over": threading.Event(), "disowned": False}
    signal.signal(signal.SIGTERM, lambda *_: stop.ask(5))
    folder = tempfile.mkdtemp(prefix="gyre-work-")
    try:
        try:
            report = perform(server, stop, state, folder)
        except Trouble as trouble:
            report = trouble_report(trouble.kind, str(trouble), trouble.last_lines)
        except OSError as error:
            if error.errno not in (28, 122):
                raise
            report = trouble_report("disk", "The disk of the machine it ran on is full: %s" % error, [])
        state["over"].set()
        if report is None:
            log_note("the server has given this work up")
            return 91
        server.ask("POST", "/end", report)
        if report["ended"] == "exited" and report["exitCode"] is not None:
            return report["exitCode"]
        return 92 if report["ended"] == "problem" else 93
    except Refused as error:
        log_note("the server refused: %s" % error)
        return 91
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

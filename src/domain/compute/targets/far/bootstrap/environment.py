"""The Python environment of the work, built once for each machine. Part of one program, after files.py."""

def satisfies(version, clauses):
    for operator, release, wildcard in clauses:
        width = max(len(version), len(release))
        padded = lambda numbers: list(numbers) + [0] * (width - len(numbers))
        mine, its = padded(version), padded(release)
        same_start = list(version[: len(release)]) == list(release)
        equal = same_start if wildcard else mine == its
        held = {
            "==": equal,
            "!=": not equal,
            "~=": mine >= its and list(version[: len(release) - 1]) == list(release[:-1]),
            ">=": mine >= its,
            "<=": mine <= its,
            ">": mine > its,
            "<": mine < its,
        }[operator]
        if not held:
            return False
    return True


def find_python(environment):
    found = []
    names = [sys.executable, "python3"] + ["python3.%d" % minor for minor in range(14, 8, -1)]
    for name in names:
        try:
            text = subprocess.run([name, "-I", "-c", "import platform; print(platform.python_version())"],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=True).stdout.decode().strip()
        except (OSError, subprocess.SubprocessError):
            continue
        version = [int("".join(c for c in part if c.isdigit()) or 0) for part in text.split("+")[0].split(".")[:3]]
        if satisfies(version, environment["pythonClauses"]):
            return name, text
        found.append(text)
    there = ", ".join(sorted(set(found))) or "none"
    raise Trouble("python", "Python %s is needed where the work runs; found there: %s." % (environment["pythonVersion"], there))


def build_environment(environment, say):
    """The folder with the programs of the environment: built once for each machine, known by its digest."""
    python, version = find_python(environment)
    lines = [line.split(" #")[0].rstrip() for line in environment["requirementsText"].splitlines()]
    text = "\n".join(line for line in lines if line and not line.startswith("#"))
    if not text:
        return None if python == sys.executable else os.path.dirname(shutil.which(python) or python)
    name = hashlib.sha256(json.dumps([text, version, os.uname().machine, os.path.realpath(shutil.which(python) or python)]).encode()).hexdigest()
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    home = os.path.join(cache, "gyre", "far-environments", name)
    try:
        os.makedirs(home, exist_ok=True)
    except OSError:
        home = os.path.join(tempfile.gettempdir(), "gyre-environments-%d" % os.getuid(), name)
        os.makedirs(home, exist_ok=True)
    target, marker = os.path.join(home, "venv"), os.path.join(home, "ready")
    with open(os.path.join(home, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(marker):
            say("The Python environment is built.")
            shutil.rmtree(target, ignore_errors=True)
            requirements = os.path.join(home, "requirements.txt")
            with open(requirements, "w") as file:
                file.write(text + "\n")
            uv = shutil.which("uv")
            if uv:
                install([uv, "venv", "--no-project", "--python", python, target])
                install([uv, "pip", "install", "--python", os.path.join(target, "bin", "python"), "-r", requirements])
            else:
                install([python, "-m", "venv", target])
                install([os.path.join(target, "bin", "python"), "-m", "pip", "install", "--no-input",
                         "--disable-pip-version-check", "--progress-bar=off", "-r", requirements])
            open(marker, "w").close()
    return os.path.join(target, "bin")


def install(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        lines = [line for line in done.stdout.decode("utf-8", "replace").splitlines() if line.strip()]
        if any("No space left" in line for line in lines):
            raise Trouble("disk", "The disk of the machine it ran on is full.", lines)
        what = lines[-1] if lines else "it said nothing"
        raise Trouble("environment", "The Python environment could not be built there: %s" % what[:500], lines)

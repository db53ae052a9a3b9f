"""The bytes of the work: inputs that come, outs and checkpoints that go. Part of one program, after server.py."""

def digest_of(path):
    found = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(CHUNK), b""):
            found.update(chunk)
    return found.hexdigest()


def inside(root, path):
    """The path below the root; a server is believed in much, but not in leaving the folder."""
    parts = path.split("/")
    if path.startswith("/") or "\0" in path or any(part in ("", "..") for part in parts):
        raise Trouble("transfer", "The path %r leaves the folder of the work." % path)
    return os.path.join(root, *parts)


def in_parallel(act, items, width=4):
    """Runs `act` on each; the first error is raised when all have stopped."""
    waiting, errors, lock = list(items)[::-1], [], threading.Lock()

    def worker():
        while True:
            with lock:
                if not waiting or errors:
                    return
                item = waiting.pop()
            try:
                act(item)
            except BaseException as error:
                errors.append(error)

    threads = [threading.Thread(target=worker) for _ in range(min(width, len(waiting)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def fetch(server, root, files):
    """Each content once, checked, then as often as it is wanted."""
    wanted = {}
    for file in files:
        wanted.setdefault(file["digest"], []).append(file)

    def fetch_one(digest):
        first, *others = wanted[digest]
        target = inside(root, first["path"])
        os.makedirs(os.path.dirname(target), exist_ok=True)
        for attempt in range(3):
            found = hashlib.sha256()
            with open(target, "wb") as file:

                def take(chunk):
                    found.update(chunk)
                    file.write(chunk)

                def begin_again():
                    file.seek(0)
                    file.truncate()

                download(server, digest, take, begin_again, found)
            if digest_of(target) == digest:
                break
        else:
            raise Trouble("transfer", "The input %s arrived with other bytes than announced." % first["path"])
        os.chmod(target, 0o755 if first["executable"] else 0o644)
        for other in others:
            copy = inside(root, other["path"])
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copyfile(target, copy)
            os.chmod(copy, 0o755 if other["executable"] else 0o644)

    in_parallel(fetch_one, wanted)


def download(server, digest, take, begin_again, found):
    deadline, pause = time.monotonic() + GIVE_UP_SECONDS, 0.1
    while True:
        begin_again()
        try:
            server.once("GET", "/inputs/" + digest, None, "", take)
            return
        except Refused as error:
            raise Trouble("transfer", "The server does not give the input %s: %s" % (digest[:12], error))
        except (OSError, http.client.HTTPException) as error:
            server.close()
            if getattr(error, "errno", None) == 28:
                raise
            if time.monotonic() > deadline:
                raise Trouble("transfer", "The input %s could not be fetched: %s" % (digest[:12], error))
        time.sleep(pause)
        pause = min(pause * 2, 5)


def plain_files(root):
    """The plain files below a folder, by path; links and what tools leave behind do not count."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in LEFTOVERS)
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path) and not name.endswith(".pyc"):
                yield os.path.relpath(path, root).replace(os.sep, "/"), path


class Uploads:
    """Sends each content once."""

    def __init__(self, server, known):
        self.server, self.known, self.lock = server, set(known), threading.Lock()

    def send(self, path):
        """The file's digest and size, once the server has its bytes."""
        digest, size = digest_of(path), os.path.getsize(path)
        with self.lock:
            if digest in self.known:
                return digest, size
        try:
            self.server.call("PUT", "/bytes/" + digest, lambda: open(path, "rb"), "application/octet-stream")
        except Refused as error:
            raise Trouble("transfer", "The server did not take %s: %s" % (path, error))
        with self.lock:
            self.known.add(digest)
        return digest, size

    def describe(self, path, name):
        digest, size = self.send(path)
        return {"path": name, "digest": digest, "sizeBytes": size, "executable": bool(os.stat(path).st_mode & 0o100)}

    def folder(self, root):
        found = {}

        def one(item):
            found[item[0]] = self.describe(item[1], item[0])

        in_parallel(one, plain_files(root))
        return [found[name] for name in sorted(found)]


class CheckpointKeeper:
    """Sends the checkpoint folder whenever it changed and nobody is just writing into it."""

    def __init__(self, server, uploads, root, every):
        self.server, self.uploads, self.root, self.every = server, uploads, root, every
        self.sent = self.state()
        self.lock, self.stopped = threading.Lock(), threading.Event()
        self.thread = threading.Thread(target=self.keep, daemon=True)
        self.thread.start()

    def state(self):
        found = {}
        for name, path in plain_files(self.root):
            try:
                status = os.stat(path)
                found[name] = (status.st_size, status.st_mtime_ns, status.st_ino)
            except FileNotFoundError:
                pass
        return found

    def keep(self):
        while not self.stopped.wait(self.every):
            try:
                self.save()
            except Exception as error:
                log_note("the checkpoint was not sent: %s" % error)

    def save(self):
        with self.lock:
            state = self.state()
            if state == self.sent:
                return
            with tempfile.TemporaryDirectory() as copy:
                # A copy that is as it was before and after the copying is whole.
                for name in state:
                    target = os.path.join(copy, name)
                    os.makedirs(os.path.dirname(target), exist_ok=True)
                    try:
                        shutil.copy2(os.path.join(self.root, name), target)
                    except FileNotFoundError:
                        return
                if self.state() != state:
                    return
                self.server.ask("PUT", "/checkpoint", {"files": self.uploads.folder(copy)})
            self.sent = state

    def finish(self):
        """The last look, when nothing runs any more."""
        self.stopped.set()
        self.save()

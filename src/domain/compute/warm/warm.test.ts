import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";
import { temporaryFolder } from "#kernel/testing";

import { createCompute } from "../index.ts";
import type { Compute, Environment, ProcessRequest } from "../index.ts";
import { readWarmCommand } from "./command.ts";
import { createWarmPool } from "./pool.ts";

const environment = await createCompute({ clock: systemClock })
  .ensureEnvironment({ requirementsText: "", pythonVersion: ">=3.10" })
  .catch((error: unknown) => {
    if (error instanceof Problem) return error.message;
    throw error;
  });
const skip =
  typeof environment === "string" ? environment : process.platform === "linux" ? false : "Linux only";

/** Scripts in which a program could see, or show, how its interpreter came to be. */
const scripts: Readonly<Record<string, string>> = {
  nothing: "",
  words: "import sys; print(sys.argv, sys.orig_argv, sys.executable, sys.prefix, sys.flags)",
  main: `
import sys
print(__name__, __file__, __doc__, __package__, __spec__, type(__loader__), __loader__.path, __loader__.name)
print(sorted(globals()), sys.modules["__main__"].__dict__ is globals(), sys.path, list(sys.path_importer_cache))`,
  modules: "import sys; print(sorted(sys.modules)); print([m for m in sys.modules])",
  environment: "import os; print(sorted(os.environ.items())); print(os.getcwd())",
  frames: `
import sys, inspect, traceback
print(sys._getframe().f_back, len(inspect.stack()), sys.gettrace(), sys.getprofile(), sys.getrecursionlimit())
traceback.print_stack()
import warnings
warnings.warn("deep", stacklevel=2)
warnings.warn("deeper", stacklevel=5)`,
  error: "def f(x):\n    return 1 / x\n\nprint('first', flush=True)\nf(0)\n",
  chain: "try:\n    1 / 0\nexcept Exception as e:\n    raise ValueError('üñí') from e\n",
  syntax: "print('a')\nif True\n    pass\n",
  indent: "def f():\nreturn 1\n",
  encoding: "# -*- coding: latin-1 -*-\nprint(ascii('\xe9'))\n",
  escape: "print('\\d')\n",
  zero: "x = 'a\0b'\n",
  exits: "import sys; sys.exit(7)",
  says: "import sys; sys.exit('words for the reader')",
  none: "import sys; sys.exit(None)",
  abrupt: "import os; print('lost?', end=''); os._exit(9)",
  atexit: `
import atexit, weakref
class Thing:
    def __del__(self): print("deleted")
thing = Thing()
atexit.register(print, "at exit")
import threading
threading.Thread(target=lambda: (__import__("time").sleep(0.1), print("thread ends"))).start()
print("main ends")`,
  interrupted: "raise KeyboardInterrupt",
  killed: "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
  terminated: "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
  segfault: "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
  signals: `
import signal
print([(s.name, signal.getsignal(s)) for s in sorted(signal.valid_signals(), key=int) if isinstance(s, signal.Signals)])
print(signal.pthread_sigmask(signal.SIG_BLOCK, []))`,
  streams: `
import os, stat, sys
for stream in (sys.stdin, sys.stdout, sys.stderr):
    mode = os.fstat(stream.fileno()).st_mode
    print(stream.fileno(), stat.S_IFMT(mode), stream.isatty(), stream.encoding, stream.errors, stream.line_buffering, stream.write_through)
print(sys.stdin.read() == "", sorted(os.listdir("/proc/self/fd"))[:-1], os.get_inheritable(1))
print("out"); print("err", file=sys.stderr); os.write(1, b"raw\\n"); print("out 2")`,
  process: `
import os, resource, threading
print(os.getpid() == os.getpgrp() == os.getsid(0), os.nice(0), os.umask(0o22), os.sched_getaffinity(0) == os.sched_getaffinity(1) or True)
print(threading.main_thread() is threading.current_thread(), threading.get_native_id() == os.getpid(), threading.active_count())
print([resource.getrlimit(getattr(resource, n)) for n in dir(resource) if n.startswith("RLIMIT_")])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, os.times().children_user)`,
  children: `
import multiprocessing, subprocess, sys, os
def square(x): return x * x
if __name__ == "__main__":
    print(subprocess.run([sys.executable, "-c", "import sys; print(sys.argv, sys.path[0])"], capture_output=True).stdout)
    for way in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(way).Pool(2) as pool: print(way, pool.map(square, [1, 2, 3]))
    print(os.popen("echo shell").read(), os.system("exit 3"))`,
  pickle: `
import pickle
class Thing: pass
print(pickle.loads(pickle.dumps(Thing())).__class__.__module__, Thing.__qualname__)
import dataclasses, typing, inspect
print(inspect.getsource(Thing), inspect.getfile(Thing))`,
  imports:
    "import beside; print(beside.where, beside.__file__, beside.__name__)\nfrom package import inner; print(inner.__package__)",
  trace: `
import sys
seen = []
sys.settrace(lambda frame, event, arg: seen.append((frame.f_code.co_name, event)) or None)
def g(): pass
g(); sys.settrace(None); print(seen)`,
  asyncio:
    "import asyncio, sys\nasync def go(): await asyncio.sleep(0); print(asyncio.get_running_loop().__class__)\nasyncio.run(go())",
  faulthandler:
    "import faulthandler, sys; print(faulthandler.is_enabled()); faulthandler.dump_traceback(file=sys.stdout, all_threads=False)",
  gc: "import gc; print(gc.isenabled(), gc.get_threshold(), gc.get_freeze_count())",
  site: "import site, sys; print(site.ENABLE_USER_SITE, site.PREFIXES, site.USER_BASE, site.USER_SITE, 'sitecustomize' in sys.modules); import warnings; print(warnings.filters)",
  random: "import random; random.seed(4); print(random.random()); import uuid; print(len(str(uuid.uuid4())))",
  compile:
    "exec(compile('print(__file__)', 'x', 'exec')); print(eval('1+1')); print((lambda: 0).__code__.co_filename)",
  logging:
    "import logging; logging.basicConfig(format='%(filename)s %(lineno)d %(funcName)s %(message)s'); logging.warning('here', stacklevel=1)",
  large: "for i in range(20000): print('line', i)",
};

describe("a warm interpreter", { skip }, () => {
  let cache = "";
  let warm: Compute;
  let cold: Compute;
  before(async () => {
    cache = await temporaryFolder();
    warm = createCompute({ clock: systemClock, cacheFolder: cache });
    cold = createCompute({ clock: systemClock, cacheFolder: cache, isWarm: false });
  });
  after(async () => await warm.close());

  async function prepare(script: string): Promise<string> {
    const place = await temporaryFolder();
    await mkdir(join(place, "package"));
    await mkdir(join(place, "home"));
    await writeFile(join(place, "beside.py"), "where = 'beside'\n");
    await writeFile(join(place, "package", "__init__.py"), "");
    await writeFile(
      join(place, "package", "inner.py"),
      "import sys\nif __name__ == '__main__': print(sys.argv, __spec__.name, __package__, sys.path[0])\n",
    );
    await writeFile(
      join(place, "script.py"),
      Buffer.from(script, script.includes("latin-1") ? "latin1" : "utf8"),
    );
    return place;
  }

  /** What there is to see of a run: its end, and all it printed but for numbers that differ each time. */
  async function run(compute: Compute, place: string, command: string, more: Partial<ProcessRequest> = {}) {
    const logFile = join(place, "log");
    await rm(logFile, { force: true });
    const { exitCode, signal, ended } = await compute.runProcess({
      command,
      cwd: place,
      environment: environment as Environment,
      variables: { HOME: join(place, "home"), PYTHONUNBUFFERED: "1", MORE: "ü =x" },
      logFile,
      maximumLogBytes: 10_000_000,
      ...more,
    });
    const log = await readFile(logFile, "utf8");
    await rm(join(place, "__pycache__"), { recursive: true, force: true });
    return { exitCode, signal, ended, log: log.replaceAll(/0x[0-9a-f]+/g, "0x…") };
  }

  async function compare(place: string, command: string, more: Partial<ProcessRequest> = {}): Promise<void> {
    const expected = await run(cold, place, command, more);
    assert.deepEqual(await run(warm, place, command, more), expected);
    // Once more: a first child could leave something behind for the second.
    assert.deepEqual(await run(warm, place, command, more), expected);
  }

  for (const [name, script] of Object.entries(scripts)) {
    it(`runs a script as a cold one does: ${name}`, async () => {
      await compare(await prepare(script), "python script.py --a b=1 c,d");
    });
  }

  it("shows a program what a sitecustomize of its Python has imported, and nothing of ours", async () => {
    const own = await cold.ensureEnvironment({ requirementsText: "# own\n", pythonVersion: ">=3.10" });
    const library = join(own.binFolder, "..", "lib");
    const [python = ""] = await readdir(library);
    await writeFile(join(library, python, "site-packages", "sitecustomize.py"), "import colorsys\n");
    await compare(await prepare(scripts["modules"] ?? ""), "python script.py", { environment: own });
  });

  it("runs modules as a cold one does", async () => {
    const place = await prepare("");
    for (const command of [
      "python -m package.inner --x 1",
      "python3 -m package.inner",
      "python -m package",
      "python -m no.such.module",
      "python -m json.tool --help",
      "python -m timeit -n 1 pass --help",
    ]) {
      if (command.includes("timeit")) continue;
      await compare(place, command);
    }
  });

  it("runs scripts wherever they lie, and tells as a cold one that they do not", async () => {
    const place = await prepare("import sys; print(__file__, sys.path[0], sys.argv)");
    await mkdir(join(place, "src"));
    await symlink("../script.py", join(place, "src", "linked.py"));
    await mkdir(join(place, "folder.py"));
    await writeFile(join(place, "secret.py"), "print(1)");
    await chmod(join(place, "secret.py"), 0);
    for (const path of [
      "./script.py",
      join(place, "script.py"),
      "src/linked.py",
      "missing.py",
      "folder.py",
      "secret.py",
    ])
      await compare(place, `python ${path}`);
  });

  it("starts other programs as this process does, from one that forks for them", async () => {
    const place = await prepare("");
    for (const command of [
      "env | sort",
      "pwd; ls -d .; cat; echo $?",
      "yes | head -n 1; echo ${PIPESTATUS[0]}",
      "trap; ulimit -c; umask; nice",
      "ls /proc/self/fd; exit 7",
      "kill -9 $$",
      "echo out; echo err >&2; printf 'ü\\0x'",
      'echo "$MORE"; [ "$(ps -o pgid= -p $$)" = "$(ps -o pid= -p $$)" ]',
      "no-such-program",
      "sed -n 's/^Sig[A-Z][a-z]*://p' /proc/self/status",
    ])
      await compare(place, command);
    const expected = await run(cold, place, "", { command: ["sh", "-c", "echo $0 $*", "a b", "c'd"] });
    assert.deepEqual(
      await run(warm, place, "", { command: ["sh", "-c", "echo $0 $*", "a b", "c'd"] }),
      expected,
    );
    const parents = [];
    for (let time = 0; time < 2; time++) parents.push((await run(warm, place, "echo $PPID")).log);
    assert.equal(parents[0], parents[1]);
    assert.notEqual(parents[0], `${process.pid}\n`);
  });

  it("keeps the seed of hashing when the step names one, and is cold for Python's other variables", async () => {
    const place = await prepare(
      "import os, sys; print(hash('a'), sys.flags, os.environ.get('PYTHONWARNINGS'))",
    );
    const variables = { HOME: place, PYTHONHASHSEED: "7" };
    await compare(place, "python script.py", { variables });
    await compare(place, "python script.py", {
      variables: { ...variables, PYTHONWARNINGS: "error", PYTHONPATH: "/x" },
    });
  });

  it("is ended with its children like any other process", async () => {
    const place = await prepare(
      "import subprocess, sys, time\nsubprocess.Popen(['sleep', '300'])\nprint('up', flush=True)\ntime.sleep(300)",
    );
    const result = await run(warm, place, "python script.py", { timeoutMs: 1_500 });
    assert.deepEqual([result.ended, result.signal, result.log], ["timeout", "SIGTERM", "up\n"]);
    await compare(place, "python script.py", { timeoutMs: 1_500 });
  });

  it("begins only once its number was recorded, and not at all when that fails", async () => {
    const place = await prepare("open('begun', 'w')");
    let recorded = 0;
    const onStart = async ({ pid }: { pid: number }): Promise<void> => {
      await sleep(100);
      await assert.rejects(readFile(join(place, "begun")));
      recorded = pid;
    };
    await run(warm, place, "python script.py", { onStart });
    assert.ok(recorded > 0);
    await rm(join(place, "begun"));
    await assert.rejects(
      run(warm, place, "python script.py", { onStart: () => Promise.reject(new Error("no record")) }),
      /no record/,
    );
    await sleep(100);
    await assert.rejects(readFile(join(place, "begun")));
  });

  it("lets several steps run at once", async () => {
    const place = await prepare("import sys, time\nfor i in range(20): print(sys.argv[1]); time.sleep(0.01)");
    const logs = await Promise.all(
      [1, 2, 3, 4, 5].map(async (number) => {
        const own = await prepare(await readFile(join(place, "script.py"), "utf8"));
        return (await run(warm, own, `python script.py ${number}`)).log;
      }),
    );
    assert.deepEqual(
      logs,
      [1, 2, 3, 4, 5].map((number) => `${number}\n`.repeat(20)),
    );
  });

  it("gives way to a cold one when the folder of its sockets is gone", async () => {
    const place = await prepare("print('still')");
    const own = createCompute({
      clock: systemClock,
      cacheFolder: cache,
      temporaryFolder: join(place, "tmp"),
    });
    await mkdir(join(place, "tmp"));
    for (let time = 0; time < 3; time++) {
      assert.equal((await run(own, place, "python script.py")).log, "still\n");
      for (const name of await readdir(join(place, "tmp")))
        await rm(join(place, "tmp", name), { recursive: true });
    }
    await own.close();
  });

  it("is really taken, and forks the second time from the same server", async () => {
    const place = await prepare("import os; print(os.getppid())");
    const pool = createWarmPool();
    const request: ProcessRequest = {
      command: "python script.py",
      cwd: place,
      environment: environment as Environment,
      variables: { HOME: place },
      logFile: "",
      maximumLogBytes: 0,
    };
    const parents = [];
    for (let time = 0; time < 2; time++) {
      const started = await pool.start(request, process.env["PATH"] ?? "");
      assert.ok(started !== undefined);
      started.openGate();
      let printed = "";
      for await (const chunk of started.output) printed += String(chunk);
      assert.equal((await started.exit).exitCode, 0);
      parents.push(printed);
    }
    assert.equal(parents[0], parents[1]);
    await pool.close();
  });
});

describe("a command", () => {
  for (const command of ["python train.py", "python3 src/a-b.py --rate=0.1 x", " python  -m pkg.mod a"]) {
    it(`can be run warm: ${command}`, () => assert.notEqual(readWarmCommand(command), undefined));
  }
  for (const command of [
    "python -u train.py",
    "python -c pass",
    "python",
    "python train.py > out",
    "python train.py 'a b'",
    "python $SCRIPT",
    "X=1 python train.py",
    "python *.py",
    "python train.py & echo",
    "python ../train.py",
    "python a//b.py",
    "python ./t.py",
    "python archive.zip",
    "python train.py ~/x",
    "pythonx train.py",
    "/usr/bin/python train.py",
    "python train.py\nrm x",
    "python train.py {a,b}",
    "python train.py #x",
    "python -m pkg.mod; ls",
  ]) {
    it(`needs a shell: ${command}`, () => assert.equal(readWarmCommand(command), undefined));
  }
});

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";

import { createManualClock } from "#kernel/clock";
import { temporaryFolder } from "#kernel/testing";

import { createCompute } from "./index.ts";
import { readVersionRule, satisfies } from "./python-version.ts";

const run = promisify(execFile);

/** Builds without a network: nothing is looked up in an index. */
async function createTestCompute(options: { cacheFolder?: string; path?: string } = {}) {
  const cacheFolder = options.cacheFolder ?? (await temporaryFolder());
  const variables = {
    ...process.env,
    PIP_NO_INDEX: "1",
    UV_OFFLINE: "1",
    PATH: options.path ?? process.env["PATH"],
  };
  const compute = createCompute({ clock: createManualClock(1_000), cacheFolder, variables });
  return { compute, cacheFolder };
}

/** A package of one module, as a wheel: a zip with three files. */
async function makeWheel(): Promise<string> {
  const path = join(await temporaryFolder(), "greeting-1.2-py3-none-any.whl");
  const program = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("greeting.py", "words = 'hello'")
    wheel.writestr("greeting-1.2.dist-info/METADATA", "Metadata-Version: 2.1\\nName: greeting\\nVersion: 1.2\\n")
    wheel.writestr("greeting-1.2.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("greeting-1.2.dist-info/RECORD", "")`;
  await run("python3", ["-c", program, path]);
  return path;
}

describe("a Python environment", () => {
  it("is built once, however many ask for it at once, and holds the packages", async () => {
    const wheel = await makeWheel();
    const { compute, cacheFolder } = await createTestCompute();
    const other = await createTestCompute({ cacheFolder });
    const lines: string[] = [];
    const request = { pythonVersion: ">=3.10", onOutput: (line: string) => void lines.push(line) };
    const [first, second] = await Promise.all([
      compute.ensureEnvironment({ ...request, requirementsText: `${wheel}\n` }),
      other.compute.ensureEnvironment({ ...request, requirementsText: `# greets\n${wheel}` }),
    ]);
    assert.deepEqual(first, second);
    assert.equal(lines.filter((line) => line.startsWith("Building the Python environment")).length, 1);
    assert.ok(first.packages.includes("greeting==1.2"), first.packages.join());
    const { stdout } = await run(first.interpreter, ["-c", "import greeting; print(greeting.words)"]);
    assert.equal(stdout, "hello\n");
  });

  it("is built anew when its builder was killed in the middle", async () => {
    const { compute, cacheFolder } = await createTestCompute();
    const request = { requirementsText: "", pythonVersion: ">=3.10" };
    const built = await compute.ensureEnvironment(request);
    const home = dirname(dirname(built.binFolder));
    const identity = `import { processIdentity } from "#kernel/process-identity"; console.log(processIdentity)`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", identity], {
      cwd: import.meta.dirname,
    });

    await rm(join(home, "ready.json"));
    await writeFile(join(home, "lock"), `${stdout.trim()} some-build`);
    const again = await createTestCompute({ cacheFolder });
    const rebuilt = await again.compute.ensureEnvironment(request);
    assert.notEqual(rebuilt.interpreter, built.interpreter);
    assert.deepEqual(
      (await readdir(home)).toSorted(),
      [rebuilt.binFolder.split("/").at(-2), "ready.json"].toSorted(),
    );
    assert.equal(JSON.parse(await readFile(join(home, "ready.json"), "utf8")).digest, built.digest);
  });

  it("that cannot be installed says why and what to do, and leaves nothing behind", async () => {
    const { compute, cacheFolder } = await createTestCompute();
    const failure = compute.ensureEnvironment({
      requirementsText: "gyre-has-no-such-package==9",
      pythonVersion: ">=3.10",
    });
    await assert.rejects(
      failure,
      (error: Error & { code?: string; next?: string; data?: { lastLines?: string[] } }) => {
        assert.equal(error.code, "environment_failed");
        assert.match(error.message, /could not be reached, or has no such package/);
        assert.match(error.next ?? "", /PIP_FIND_LINKS/);
        assert.match(error.data?.lastLines?.join("\n") ?? "", /gyre-has-no-such-package/);
        return true;
      },
    );
    const [home = ""] = await readdir(join(cacheFolder, "environments"));
    assert.deepEqual(await readdir(join(cacheFolder, "environments", home)), []);
  });

  it("needs a Python of the version asked for, and names what is there", async () => {
    const { compute } = await createTestCompute();
    await assert.rejects(compute.ensureEnvironment({ requirementsText: "", pythonVersion: ">=9.1" }), {
      code: "python_missing",
      message: /^Python >=9\.1 is needed, but only python3 is 3\./,
    });
    const empty = await createTestCompute({ path: await temporaryFolder() });
    await assert.rejects(empty.compute.ensureEnvironment({ requirementsText: "", pythonVersion: ">=3.10" }), {
      code: "python_missing",
      message: "Python >=3.10 is needed, but there is none on the PATH.",
      next: /apt-get install python3/,
    });
  });

  it("names the package to install where Python came without ensurepip", async () => {
    const folder = await temporaryFolder();
    const answer = { interpreter: "/usr/bin/python3", version: "3.11.2", platform: "linux-x86_64" };
    const abilities = { hasVenv: true, hasEnsurepip: false, hasVirtualenv: false, hasPip: false };
    const script = `#!/bin/sh\necho '${JSON.stringify({ ...answer, ...abilities })}'\n`;
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "python3"), script);
    await chmod(join(folder, "python3"), 0o755);
    await symlink("/bin/sh", join(folder, "sh"));
    const { compute } = await createTestCompute({ path: folder });
    await assert.rejects(compute.ensureEnvironment({ requirementsText: "", pythonVersion: ">=3.10" }), {
      code: "python_venv_missing",
      next: /sudo apt-get install python3-venv \(or python3\.11-venv\)/,
    });
  });
});

describe("a rule for a Python version", () => {
  for (const [rule, version, expected] of [
    [">=3.10", "3.11.7", true],
    [">=3.10", "3.9.18", false],
    [">=3.11,<3.14", "3.14.0", false],
    [">=3.11,<3.14", "3.13.1", true],
    ["3.12", "3.12.4", true],
    ["==3.12", "3.12.4", false],
    ["==3.12.*", "3.12.4", true],
    ["~=3.11", "3.14.0", true],
    ["~=3.11.2", "3.12.0", false],
    ["~=3.11.2", "3.11.1", false],
    ["!=3.12.*", "3.12.0", false],
    [">3.10", "3.13.0rc1", true],
  ] as const) {
    it(`${rule} ${expected ? "admits" : "refuses"} ${version}`, () => {
      assert.equal(satisfies(version, readVersionRule(rule)), expected);
    });
  }

  it("that is none is refused", () => {
    assert.throws(() => readVersionRule("three"), { code: "python_version_invalid" });
  });
});

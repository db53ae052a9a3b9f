import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";

import { isSelected, readSelection } from "./arguments.ts";
import { addTallies, tallyLine } from "./cases.ts";
import type { Tally } from "./cases.ts";
import { runCheck } from "./checks.ts";
import { runFile } from "./file.ts";

describe("a test file that runs on its own", () => {
  const folder = mkdtempSync(join(tmpdir(), "gyre-runner-"));
  after(() => rmSync(folder, { recursive: true }));

  const run = (source: string, timeoutMs = 30_000): Promise<Tally> => {
    const file = join(folder, `${Math.abs(hash(source))}.test.mjs`);
    writeFileSync(file, `import { before, describe, it } from "node:test";\n${source}`);
    const variables = { GYRE_TEST_STUCK_AFTER_MS: "300" };
    return runFile({ file, nodeFlags: [], variables, timeoutMs, signal: new AbortController().signal });
  };

  it("counts every case once, and suites not at all", async () => {
    const tally = await run(`
      describe("outer", () => {
        it("passes", () => {});
        it("is left out", { skip: "no engine" }, () => {});
        it("has parts", async (t) => { await t.test("a part", () => {}); });
        it("fails", () => { throw new Error("the reason"); });
      });
      describe("left out as a whole", { skip: "no engine" }, () => { it("never seen", () => {}); });`);
    assert.equal(tallyLine(tally), "3 passed, 1 failed, 2 skipped");
    assert.deepEqual(
      tally.skips.map(({ name, reason }) => [name, reason]),
      [
        ["outer › is left out", "no engine"],
        ["left out as a whole", "no engine"],
      ],
    );
    assert.equal(tally.failures[0]?.name, "outer › fails");
    assert.match(tally.failures[0]?.detail ?? "", /Error: the reason\n +at /);
  });

  it("counts a hook that fails, with the cases it took along", async () => {
    const tally = await run(`
      describe("outer", () => { before(() => { throw new Error("no server"); }); it("a", () => {}); });`);
    assert.deepEqual(
      tally.failures.map(({ name }) => name),
      ["outer › a", "outer"],
    );
    assert.match(tally.failures[1]?.detail ?? "", /no server/);
  });

  it("fails when it crashes while loading, and shows what it printed", async () => {
    const tally = await run(`console.log("before the crash"); throw new Error("at load");`);
    assert.equal(tallyLine(tally), "0 passed, 1 failed");
    assert.match(tally.failures[0]?.detail ?? "", /before the crash[^]*at load/);
  });

  it("fails when something stays open after the last test, and names it", async () => {
    const tally = await run(`setInterval(() => {}, 1000); it("passes", () => {});`);
    assert.match(tally.failures[0]?.detail ?? "", /keeps the process alive: .*Timeout/);
  });

  it("fails when it takes too long, with the processes it started", async () => {
    const marker = `gyre-runner-${process.pid}`;
    const tally = await run(
      `import { spawn } from "node:child_process";
       spawn(process.execPath, ["-e", "setInterval(() => {}, 1000) // ${marker}"], { stdio: "ignore" });
       it("waits for ever", () => new Promise((resolve) => setTimeout(resolve, 60_000)));`,
      1_000,
    );
    assert.deepEqual(
      tally.failures.map(({ name }) => name),
      ["the file took too long and was ended"],
    );
  });
});

describe("a check", () => {
  const { signal } = new AbortController();

  it("passes with exit code 0 and fails with what it printed", async () => {
    const passing = await runCheck({ name: "quiet", command: ["node", "-e", ""] }, signal);
    const failing = await runCheck(
      { name: "loud", command: ["node", "-e", "console.log('wrong'); process.exit(2)"] },
      signal,
    );
    assert.equal(tallyLine(addTallies([passing, failing])), "1 passed, 1 failed");
    assert.equal(failing.failures[0]?.detail, "wrong");
  });

  it("fails when its program does not exist", async () => {
    const tally = await runCheck({ name: "absent", command: ["no-such-program"] }, signal);
    assert.match(tally.failures[0]?.detail ?? "", /ENOENT/);
  });
});

describe("the arguments of npm test", () => {
  it("that name no test are a failure, which says what could be named", () => {
    const saidOf = (...words: string[]) => {
      const { status, stderr } = spawnSync(process.execPath, ["tools/test.mjs", ...words], {
        encoding: "utf8",
      });
      return { status, first: stderr.split("\n")[0] };
    };
    const steps = "unit, web, journeys, browser";
    assert.deepEqual(saidOf("src/nowhere"), {
      status: 1,
      first: `No test was found under src/nowhere in: ${steps}.`,
    });
    assert.equal(saidOf("src/stats", "src/nowhere").status, 1);
    // A step that is named keeps to its own files.
    assert.deepEqual(saidOf("types", "unit", "journeys/dvc"), {
      status: 1,
      first: "No test was found under journeys/dvc in: types, unit.",
    });
  });

  it("select everything, steps, paths and flags of Node", () => {
    assert.deepEqual(readSelection([]).steps, ["types", "lint", "unit", "web", "journeys", "browser"]);
    assert.deepEqual(readSelection(["unit", "src/kernel", "--test-name-pattern=lease"]), {
      steps: ["unit"],
      paths: ["src/kernel"],
      nodeFlags: ["--test-name-pattern=lease"],
    });
    assert.deepEqual(readSelection(["chaos"]).steps, ["unit", "web", "journeys", "browser"]);
    assert.deepEqual(readSelection(["types", "chaos"]).steps, [
      "types",
      "unit",
      "web",
      "journeys",
      "browser",
    ]);
    assert.deepEqual(readSelection(["lint", "types"]).steps, ["types", "lint"]);
  });

  it("find a test file by its path, its folder or a glob", () => {
    const file = "src/domain/data/contract.test.ts";
    const finds = (path: string): boolean => isSelected(file, [path]);
    for (const path of [file, `./${file}`, "src/domain/", "src/**/*.test.ts", "src/domain/data/c*"]) {
      assert.equal(finds(path), true, path);
    }
    for (const path of ["src/dom", "src/*.test.ts", "src/domain/data/?.test.ts"]) {
      assert.equal(finds(path), false, path);
    }
  });
});

function hash(text: string): number {
  return [...text].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) | 0, 7);
}

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { hash } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { findDvc } from "./environment.ts";
import { makeTeamRepository } from "./repository.ts";
import type { TeamRepository } from "./repository.ts";

const gyre = join(import.meta.dirname, "..", "..", "gyre");
const files = 3_000;

describe("an add of many files that is killed", () => {
  it(
    "leaves no object that is not whole, and the next one begins as if it had not been",
    { timeout: 600_000 },
    async (test) => {
      const dvc = await findDvc();
      if (dvc.startsWith("no dvc")) return test.skip(dvc);
      const team = openTeam(test, dvc);
      const expected = Object.fromEntries(
        Array.from({ length: files }, (_, index) => textOf(index)).map((text) => [
          hash("md5", text, "hex"),
          text,
        ]),
      );
      let killed = 0;
      // Later and later: in the start, among the files, near the end, and after it.
      for (let afterMs = 80; killed < 40; afterMs += 20) {
        if (!(await addAndKill(team.root, afterMs))) break;
        killed += 1;
        const left = objectsOf(team.root);
        for (const [digest, text] of Object.entries(left))
          assert.equal(hash("md5", text, "hex"), digest.slice(0, 32));
      }
      assert.ok(killed >= 3, `only ${killed} were killed before their end`);
      assert.equal(team.gyre("add", "-q", "data").code, 0);
      const { [digestIn(team)]: listing, ...objects } = objectsOf(team.root);
      assert.ok(listing !== undefined);
      assert.deepEqual(objects, expected);
      assert.deepEqual(halfWritten(team.root), []);
      assert.equal(team.dvc("status").out.trim(), "Data and pipelines are up to date.");
    },
  );

  it(
    "does not trouble DVC, which collects garbage beside what was left",
    { timeout: 600_000 },
    async (test) => {
      const dvc = await findDvc();
      if (dvc.startsWith("no dvc")) return test.skip(dvc);
      const team = openTeam(test, dvc);
      for (let afterMs = 100; halfWritten(team.root).length === 0; afterMs += 10) {
        team.remove(".dvc/cache", "data.dvc");
        if (!(await addAndKill(team.root, afterMs))) return test.skip("no add was killed in its midst");
      }
      team.write("one.csv", "a\n1\n");
      assert.equal(team.dvc("add", "-q", "one.csv").code, 0);
      const collected = team.dvc("gc", "-w", "-f");
      assert.equal(collected.code, 0, collected.err);
      assert.equal(team.gyre("gc", "-w", "-f").code, 0);
      assert.deepEqual([halfWritten(team.root), Object.values(objectsOf(team.root))], [[], ["a\n1\n"]]);
    },
  );
});

function openTeam(test: TestContext, dvc: string): TeamRepository {
  const team = makeTeamRepository(dvc);
  test.after(() => rmSync(dirname(team.root), { recursive: true, force: true }));
  for (let index = 0; index < files; index++) team.write(`data/${index % 30}/${index}.txt`, textOf(index));
  return team;
}

function textOf(index: number): string {
  return `${index} `.repeat(300);
}

/** Whether the add was killed; false when it had come to its end. */
async function addAndKill(root: string, afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [gyre, "dvc", "add", "-q", "data"], { cwd: root, stdio: "ignore" });
  const ended = new Promise<boolean>((resolve) =>
    child.on("exit", (_, signal) => resolve(signal === "SIGKILL")),
  );
  await sleep(afterMs);
  child.kill("SIGKILL");
  return await ended;
}

function objectsOf(root: string): Record<string, string> {
  return Object.fromEntries(
    namesIn(root, "")
      .filter((name) => name.length === 2)
      .flatMap((prefix) =>
        namesIn(root, prefix)
          .filter((name) => !name.startsWith(".gyre-"))
          .map((name) => [
            `${prefix}${name}`,
            readFileSync(join(root, ".dvc/cache/files/md5", prefix, name), "utf8"),
          ]),
      ),
  );
}

function halfWritten(root: string): readonly string[] {
  return namesIn(root, "").filter((name) => name.startsWith(".gyre-"));
}

function namesIn(root: string, prefix: string): readonly string[] {
  try {
    return readdirSync(join(root, ".dvc/cache/files/md5", prefix));
  } catch {
    return [];
  }
}

function digestIn(team: TeamRepository): string {
  return /md5: (\S+)/.exec(readFileSync(join(team.root, "data.dvc"), "utf8"))?.[1] ?? "";
}

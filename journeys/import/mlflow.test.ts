import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

import { z } from "zod";

import { temporaryFolder } from "#kernel/testing";

import { gyre, startGyre, startServer } from "../failures/gyre.ts";
import { writeProject } from "../failures/project.ts";
import { findEnvironment } from "./environments.ts";

const run = promisify(execFile);
const script = join(import.meta.dirname, "fill-mlflow.py");

const tally = z.object({ found: z.number(), added: z.number() });
const answerSchema = z.object({
  report: z.object({
    experiments: tally,
    runs: tally,
    points: tally,
    loggedModels: tally,
    models: tally,
    versions: tally,
    aliases: tally,
    files: tally,
  }),
  equality: z.array(
    z.object({
      what: z.string(),
      equal: z.number(),
      different: z.number(),
      differences: z.array(z.string()),
    }),
  ),
});

/** A server of ours with an empty state. */
async function openGyre(): Promise<{ folder: string; url: string }> {
  const folder = join(await temporaryFolder(), "shop");
  writeProject(folder);
  const server = await startServer({ folder });
  const [, url = ""] = await server.says(/Gyre is up at (\S+)/);
  return { folder, url };
}

async function importInto(folder: string, words: readonly string[]) {
  const ended = await gyre(["import", "mlflow", ...words, "--json"], { folder });
  return {
    code: ended.code,
    stderr: ended.stderr,
    ...answerSchema.parse(JSON.parse(ended.stdout === "" ? '{"report":{},"equality":[]}' : ended.stdout)),
  };
}

function added(report: z.infer<typeof answerSchema>["report"]): number {
  return Object.values(report).reduce((sum, one) => sum + one.added, 0);
}

/** Nothing differs, and every kind of thing was compared. */
function assertEqual({ equality, code, stderr }: Awaited<ReturnType<typeof importInto>>, runs: number): void {
  assert.deepEqual(
    equality.flatMap((one) => one.differences),
    [],
  );
  assert.equal(code, 0, stderr);
  const counts = Object.fromEntries(equality.map(({ what, equal }) => [what.split(/[:,]/)[0], equal]));
  // The script makes one run with data and one in a deleted experiment beside those counted.
  assert.equal(counts["runs"], runs + 2);
  assert.equal(counts["metric histories of runs"], runs + 2);
  assert.ok((counts["artifacts"] ?? 0) > runs, JSON.stringify(counts));
}

async function fill(interpreter: string, uri: string, artifacts: string, runs: number): Promise<void> {
  const folder = await temporaryFolder();
  await run(interpreter, [script, uri, artifacts, String(runs)], {
    cwd: folder,
    env: { HOME: folder, PATH: process.env["PATH"] ?? "", GIT_PYTHON_REFRESH: "quiet" },
    timeout: 540_000,
  });
}

for (const name of ["mlflow 3.17"] as const) {
  describe(`gyre import mlflow, from a database of ${name}`, { timeout: 900_000 }, async () => {
    const environment = await findEnvironment(name);
    if (typeof environment === "string") {
      it("brings everything here", { skip: environment }, () => {});
      return;
    }
    const runs = 60;
    const home = await temporaryFolder();
    const database = join(home, "mlflow.db");
    const artifacts = join(home, "artifacts");
    await fill(environment.interpreter, `sqlite:///${database}`, artifacts, runs);

    it("counts first, sends nothing, and says what it would leave out", async () => {
      const { folder } = await openGyre();
      const counted = await importInto(folder, [database, "--artifacts", artifacts, "--dry-run"]);
      assert.deepEqual(
        [counted.code, counted.report.runs, counted.report.experiments, added(counted.report)],
        [0, { found: runs + 2, added: 0 }, { found: 6, added: 0 }, 0],
      );
      const ended = await gyre(["import", "mlflow", database, "--dry-run"], { folder });
      assert.match(ended.stdout, /^ {2}left out: \d+ artifact roots: no folder of artifacts was named/m);
      assert.match(ended.stdout, /^ {2}not imported: 1 deleted model versions: /m);
    });

    it("brings everything here, proves it, and changes nothing when it is run again", async () => {
      const { folder, url } = await openGyre();
      const first = await importInto(folder, [database, "--artifacts", artifacts]);
      assertEqual(first, runs);
      const second = await importInto(folder, [`sqlite:///${database}`, "--artifacts", artifacts]);
      assertEqual(second, runs);
      assert.equal(added(second.report), 0);

      const call = async (path: string, body: object): Promise<unknown> => {
        const answer = await fetch(`${url}/api/2.0/mlflow/${path}`, {
          method: "POST",
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        });
        return await answer.json();
      };
      const found = z
        .object({ runs: z.array(z.object({ info: z.object({ run_id: z.string() }) })) })
        .parse(await call("runs/search", { experiment_ids: ["1"], max_results: 1 }));
      const id = found.runs[0]?.info.run_id;
      await call("runs/set-tag", { run_id: id, key: "state", value: "changed here" });
      await call("runs/log-metric", { run_id: id, key: "loss", value: 7, timestamp: 1, step: 1_000 });
      const third = await importInto(folder, [database, "--artifacts", artifacts]);
      assert.equal(third.code, 1);
      assert.match(third.stderr, /import_differs/);
      assert.match(third.equality.flatMap((one) => one.differences).join("\n"), /changed here/);
    });

    it("goes on where it was killed", async () => {
      const { folder, url } = await openGyre();
      const killed = startGyre(["import", "mlflow", database, "--artifacts", artifacts], { folder });
      // The runs of an experiment come by the hundred, then their measurements and files, one run after the other.
      await until(async () => {
        const answer = await fetch(`${url}/api/2.0/mlflow/runs/search`, {
          method: "POST",
          body: JSON.stringify({ experiment_ids: ["1"], max_results: 1 }),
          headers: { "content-type": "application/json" },
        });
        return (await answer.text()).includes('"run_id"');
      });
      killed.kill("SIGKILL");
      await killed.ended;
      const again = await importInto(folder, [database, "--artifacts", artifacts]);
      assertEqual(again, runs);
      assert.ok(added(again.report) > 0, "the first import had finished before it was killed");
    });
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 4_800; round++) {
    if (await holds()) return;
    await wait(25);
  }
  assert.fail("it did not come true within two minutes");
}

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { z } from "zod";

import { gyre, startGyre } from "../failures/gyre.ts";
import { findEnvironment } from "./environments.ts";
import { addedIn, assertEqual, importInto, openGyre } from "./gyre-import.ts";
import { answersOf } from "./same-answers.ts";
import { openFilled } from "./sources.ts";

/*
 * Whole MLflows of the newest version and of the last of the line before, filled by their own clients, brought
 * here: as a file, as a PostgreSQL database, and from the server that runs on it.
 */
const runs = 40;
const cases = [
  ["SQLite database", "MLflow 3.17"],
  ["SQLite database", "MLflow 2.22"],
  ["PostgreSQL database", "MLflow 3.17"],
  ["running server", "MLflow 3.17"],
  ["running server", "MLflow 2.22"],
] as const;

/** What an import compares, and every source here has some of. */
const always = [
  "experiments",
  "runs",
  "metric histories of runs",
  "registered models and aliases",
  "model versions",
  "artifacts",
  "traces",
];

for (const [kind, version] of cases) {
  describe(`gyre import mlflow, from a ${kind} of ${version}`, { timeout: 900_000 }, async () => {
    const environment = await findEnvironment(version);
    const source = typeof environment === "string" ? environment : await openFilled(kind, environment, runs);
    if (typeof source === "string") {
      it("brings everything here", { skip: source }, () => {});
      return;
    }
    const { words } = source;
    after(async () => await source.stop());
    const isNew = version === "MLflow 3.17";
    const kinds = isNew ? [...always, "logged models", "spans of traces"] : always;

    it("counts first, sends nothing, and says what it would leave out", async () => {
      const { folder } = await openGyre();
      const counted = await importInto(folder, [...words, "--dry-run"]);
      assert.deepEqual([counted.code, addedIn(counted)], [0, 0], counted.stderr);
      // The script makes one run with data, one in a deleted experiment, and some for traces, beside those counted.
      assert.equal(counted.report["runs"]?.found, runs + 2 + Math.floor(runs / 8));
      assert.equal(counted.report["traces"]?.found, runs / 4);
      assert.ok((counted.report["bytes"]?.found ?? 0) > 400_000);
      if (kind !== "SQLite database") return;
      const ended = await gyre(["import", "mlflow", words[0] ?? "", "--dry-run"], { folder });
      assert.match(ended.stdout, /^ {2}left out: \d+ artifact roots: no folder of artifacts was named/m);
      assert.match(ended.stdout, /^ {2}not imported: 1 deleted model versions: /m);
    });

    it("brings everything here, proves it, and changes nothing when it is run again", async () => {
      const { folder, url } = await openGyre();
      const counts = assertEqual(await importInto(folder, words), kinds);
      assert.ok((counts["artifacts"] ?? 0) > runs, JSON.stringify(counts));
      const second = await importInto(folder, words);
      assertEqual(second, kinds);
      assert.equal(addedIn(second), 0);
      if (source.url !== undefined) {
        const theirs = await answersOf(source.url, { withTraces: isNew });
        assert.deepEqual(await answersOf(url, { withTraces: isNew }), theirs);
        const empty = Object.entries(theirs).filter(([, found]) => found.length === 0);
        assert.deepEqual(empty, [], "a search that finds nothing proves nothing");
      }
      await changeSomething(url);
      const third = await importInto(folder, words);
      assert.equal(third.code, 1);
      assert.match(third.stderr, /import_differs/);
      assert.match(third.equality.flatMap((one) => one.differences).join("\n"), /changed here/);
    });

    it("goes on where it was killed", async () => {
      const { folder, url } = await openGyre();
      const killed = startGyre(["import", "mlflow", ...words], { folder });
      // The runs of an experiment come by the hundred, then their measurements and files, one run after the other.
      await until(async () => (await anyRun(url)) !== undefined);
      killed.kill("SIGKILL");
      await killed.ended;
      const again = await importInto(folder, words);
      assertEqual(again, kinds);
      assert.ok(addedIn(again) > 0, "the first import had finished before it was killed");
    });
  });
}

async function changeSomething(url: string): Promise<void> {
  const run_id = await anyRun(url);
  await call(url, "runs/set-tag", { run_id, key: "state", value: "changed here" });
  await call(url, "runs/log-metric", { run_id, key: "loss", value: 7, timestamp: 1, step: 1_000 });
}

const runsFound = z.object({
  runs: z.array(z.object({ info: z.object({ run_id: z.string() }) })).default([]),
});

async function anyRun(url: string): Promise<string | undefined> {
  const answer = await call(url, "runs/search", { experiment_ids: ["1"], max_results: 1 });
  return runsFound.safeParse(answer).data?.runs[0]?.info.run_id;
}

async function call(url: string, path: string, body: object): Promise<unknown> {
  const answer = await fetch(`${url}/api/2.0/mlflow/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  return await answer.json();
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 4_800; round++) {
    if (await holds()) return;
    await wait(25);
  }
  assert.fail("it did not come true within two minutes");
}

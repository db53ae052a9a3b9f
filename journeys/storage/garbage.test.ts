import assert from "node:assert/strict";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { createDiskBlobs, putTree } from "#kernel/blobs";
import { digestOf } from "#kernel/digest";
import { temporaryFolder } from "#kernel/testing";

import { gyre, startServer } from "../failures/gyre.ts";
import type { Ended, Started } from "../failures/gyre.ts";
import { namedDigests, rowsOf } from "./named-digests.ts";

/**
 * Where digests stand that are facts and no references: what they name may go, and nothing asks for it. What else
 * names content that is gone was forgotten by a holder.
 */
const factsOnly = new Set([
  // What a step depended on, for comparing: files as they were at that time.
  "execution_steps.key_parts",
  "step_results.key_parts",
  // Tells what happened; that of candidates is read again, and held.
  "events.data",
  "verified_stages.differing",
]);

const collectionSchema = z.object({
  garbage: z.object({ blobs: z.number(), bytes: z.number() }),
  removed: z.object({ blobs: z.number(), bytes: z.number() }),
});

describe("a world whose garbage was collected with no grace", () => {
  it("has lost nothing that anybody can reach, and the rest is gone", { timeout: 10 * 60_000 }, async () => {
    const home = await temporaryFolder();
    const folder = join(home, "airline-care");
    assert.equal((await gyre(["new", "airline-care"], { folder: home })).code, 0);
    const state = join(folder, ".gyre");
    const database = join(state, "gyre.db");
    let server: Started | undefined;
    let url = "";
    const start = async (): Promise<void> => {
      server = await startServer({ folder });
      [, url = ""] = await server.says(/Gyre is up at (\S+)/);
    };
    const stop = async (): Promise<void> => {
      server?.interrupt();
      await server?.ended;
    };
    const run = async (...words: string[]): Promise<Ended> => {
      const ended = await gyre(words, { folder });
      assert.equal(ended.code, 0, `${words.join(" ")}: ${ended.stdout}${ended.stderr}`);
      return ended;
    };
    const get = async (path: string): Promise<Buffer> => {
      const answer = await fetch(`${url}${path}`);
      assert.equal(answer.status, 200, path);
      return Buffer.from(await answer.arrayBuffer());
    };
    const post = async (path: string, body: unknown): Promise<string> => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body), headers });
      const text = await answer.text();
      assert.equal(answer.status, 200, `${path}: ${text}`);
      return text;
    };
    const createRun = async (): Promise<string> =>
      /"run_id":\s*"(\w+)"/.exec(await post("/api/2.0/mlflow/runs/create", { experiment_id: "0" }))?.[1] ??
      "";
    const putArtifact = async (runId: string, path: string, content: string): Promise<void> => {
      const address = `${url}/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/${path}`;
      assert.equal((await fetch(address, { method: "PUT", body: content })).status, 200);
    };
    const predict = async (): Promise<string> => {
      for (let tries = 0; ; tries++) {
        const asked = await gyre(["predict", "airline-care", "message.json"], { folder });
        if (asked.code === 0 || tries === 40) return asked.stdout + asked.stderr;
        await sleep(500);
      }
    };

    // --- a world: data, a pipeline, a model that is live, runs, a deleted one among them

    await start();
    await run("run");
    for (let tries = 0; !/airline-care@2 +onnx +ready/.test((await run("models")).stdout); tries++) {
      assert.ok(tries < 120, "the model never became ready");
      await sleep(500);
    }
    const released = await run("release", "airline-care@2", "--to", "production");
    const release = /rel_\w+/.exec(released.stdout + released.stderr)?.[0] ?? "";
    const token = (await run("people", "add", "ada", "--role", "approver")).stdout.trim();
    const approved = await gyre(["approve", release], { folder, variables: { GYRE_TOKEN: token } });
    assert.match(approved.stdout, /^state +live$/m, approved.stderr);
    await writeFile(
      join(folder, "message.json"),
      JSON.stringify({ text: "my flight was cancelled", airline: "Sunlark", customer_id: "c-17" }),
    );
    assert.match(await predict(), /prd_\w+/);
    const kept = await createRun();
    await putArtifact(kept, "notes.txt", "written first");
    await putArtifact(kept, "notes.txt", "written second");
    await putArtifact(kept, "gone.txt", "to be deleted");
    const deleted = await createRun();
    await putArtifact(deleted, "only-here.txt", "of a run that is deleted");
    await post("/api/2.0/mlflow/runs/delete", { run_id: deleted });
    await stop();

    // --- garbage of another process, and of what it left half referred to

    const store = createDiskBlobs({ folder: join(state, "blobs") });
    const orphan = await store.put(Buffer.from("nobody refers to this"));
    const leftBehind = await temporaryFolder();
    await mkdir(join(leftBehind, "epoch"));
    await writeFile(join(leftBehind, "epoch", "weights"), "an earlier checkpoint");
    const superseded = await putTree(store, leftBehind);
    const before = new Set<string>();
    for await (const { digest } of store.list()) {
      before.add(digest);
      const old = new Date(Date.now() - 400 * 24 * 60 * 60 * 1000);
      await utimes(await store.localPath(digest), old, old);
    }

    // --- collected

    await start();
    const everything = ["--grace", "0", "--while-nobody-writes", "--json"];
    const refused = await gyre(["gc"], { folder });
    assert.match(refused.stderr, /^error\[store_known_too_short\]/m);
    const bob = (await run("people", "add", "bob", "--role", "contributor")).stdout.trim();
    const asBob = await gyre(["gc", "--dry-run"], { folder, variables: { GYRE_TOKEN: bob } });
    assert.match(asBob.stderr, /^error\[\w+\]: .*owner/ms);
    assert.equal(asBob.code, 3);
    const foreseen = collectionSchema.parse(JSON.parse((await run("gc", "--dry-run", ...everything)).stdout));
    const collected = collectionSchema.parse(JSON.parse((await run("gc", ...everything)).stdout));
    assert.deepEqual(collected.removed, foreseen.garbage);
    const after = new Set((await Array.fromAsync(store.list())).map(({ digest }) => digest));
    const gone = [...before].filter((digest) => !after.has(digest));
    for (const digest of [
      orphan.digest,
      superseded.digest,
      ...superseded.files.map((file) => file.digest),
      digestOf("written first"),
    ])
      assert.ok(gone.includes(digest), digest);
    assert.equal(gone.length, collected.removed.blobs);

    // --- nothing in the database names what is gone, but for facts

    const named = namedDigests(database);
    const forgotten = gone.flatMap((digest) =>
      [...(named.get(digest) ?? [])].filter((column) => !factsOnly.has(column)),
    );
    assert.deepEqual(forgotten, []);
    for (const digest of after) assert.equal(await store.verify(digest), true, digest);

    // --- and everything a person can reach is there, also for a server that remembers nothing

    await stop();
    await start();
    const artifacts = rowsOf(
      database,
      "select owner, experiment, path, digest from artifact_files",
      z.object({ owner: z.string(), experiment: z.number(), path: z.string(), digest: z.string() }),
    );
    assert.ok(artifacts.length >= 3);
    await post("/api/2.0/mlflow/runs/restore", { run_id: deleted });
    for (const { owner, experiment, path, digest } of artifacts) {
      const [kind, id] = owner.split(":");
      if (kind !== "run") continue;
      const address = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${id}/artifacts/${path}`;
      assert.equal(digestOf(await get(address)), digest, path);
    }
    for (const { model, number, files } of rowsOf(
      database,
      "select model, number, files from model_versions",
      z.object({ model: z.string(), number: z.number(), files: z.string() }),
    ))
      for (const { path, digest } of z
        .array(z.object({ path: z.string(), digest: z.string() }))
        .parse(JSON.parse(files)))
        assert.equal(
          digestOf(
            await get(`/api/v1/projects/airline-care/models/${model}/versions/${number}/files/${path}`),
          ),
          digest,
        );
    for (const { dataset, number } of rowsOf(
      database,
      "select dataset, number from dataset_versions",
      z.object({ dataset: z.string(), number: z.number() }),
    ))
      await get(`/api/v1/projects/airline-care/datasets/${dataset}/versions/${number}/preview`);
    await get(`/api/v1/projects/airline-care/releases/${release}`);
    assert.match(await predict(), /prd_\w+/);
    const again = await run("run");
    assert.doesNotMatch(again.stdout, /succeeded|failed/, "every step comes from the cache");
    assert.match(again.stdout, /^prepare +cached /m);
    assert.match((await run("why", "train")).stdout, /train/);
    await run("verify", "prepare");
    await stop();
  });
});

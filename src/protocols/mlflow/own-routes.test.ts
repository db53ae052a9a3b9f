import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { experimentThing, levelNames, roleNames } from "#access";
import type { Level, Role } from "#access";
import { createTestKernel } from "#kernel/testing";

import { openHouseOfUsers, userMigrations } from "./test-users.ts";
import type { HouseOfUsers, User } from "./test-users.ts";

/*
 * MLflow's routes and the product's own are two doors to the same runs and traces: with roles in the project and
 * grants on single experiments, both must let in and shut out the same people.
 */

interface Project extends HouseOfUsers {
  /** Two experiments of the project, each with a run and a trace. */
  readonly open: Kept;
  readonly closed: Kept;
}

interface Kept {
  readonly experimentId: string;
  readonly runId: string;
  readonly traceId: string;
}

const base = "/api/v1/projects/care";

async function openProject(): Promise<Project> {
  const house = await openHouseOfUsers(await createTestKernel({ migrations: userMigrations }));
  const { tracking, traces } = house;
  const actor = "system";
  const keep = async (name: string, digit: string): Promise<Kept> => {
    const experiment = await tracking.commands.ensureExperiment({ project: "care", name, actor });
    const tags = [{ key: "secret", value: name }];
    const run = await tracking.commands.createRun({
      experimentId: experiment.id,
      name: "fit",
      tags,
      startedAtMs: 1,
      actor,
    });
    await tracking.commands.logBatch({
      runId: run.id,
      metrics: [{ key: `loss of ${name}`, value: 1, atMs: 1, step: 0 }],
      params: [{ key: `depth of ${name}`, value: "3" }],
    });
    await tracking.commands.putArtifact(run.id, "notes.txt", Buffer.from(`notes of ${name}`));
    const traceId = `tr-${digit.repeat(32)}`;
    await traces.commands.recordTrace({ trace: traceIn(experiment.id, traceId, name), actor });
    return { experimentId: experiment.id, runId: run.id, traceId };
  };
  return { ...house, open: await keep("open", "1"), closed: await keep("closed", "2") };
}

function traceIn(experimentId: string, id: string, name: string) {
  return {
    id,
    experimentId,
    state: "OK",
    startedAtMs: 1,
    durationMs: 1,
    clientRequestId: null,
    requestPreview: `question of ${name}`,
    responsePreview: null,
    tags: {},
    metadata: {},
    assessments: [],
  } as const;
}

async function hold(
  { access }: HouseOfUsers,
  user: User,
  holding: { readonly role?: Role; readonly on?: Kept; readonly level?: Level },
): Promise<void> {
  const principal = (await access.findPrincipal(user.name))?.id ?? "";
  const { role, on, level } = holding;
  if (role !== undefined)
    await access.commands.grantRole({ principal, role, project: "care", actor: "system" });
  if (on !== undefined && level !== undefined) {
    const thing = experimentThing(on.experimentId);
    await access.commands.grantThing({ principal, thing, level, actor: "system" });
  }
}

/** Every route of the product that shows something of one run or trace. */
function readsOf({ runId, traceId }: Kept): readonly string[] {
  return [
    `/api/v1/runs/${runId}`,
    `${base}/runs/${runId}`,
    `${base}/runs/%${runId.charCodeAt(0).toString(16)}${runId.slice(1)}`,
    `${base}/runs/${runId}/artifacts`,
    `${base}/runs/${runId}/artifacts/preview?path=notes.txt`,
    `${base}/runs/${runId}/artifacts/page?path=notes.txt`,
    `${base}/runs/${runId}/artifacts/content?path=notes.txt`,
    `${base}/runs/${runId}/metrics/loss`,
    `${base}/runs/${runId}/series?key=loss`,
    `${base}/runs/series?runs=${runId}&metrics=loss`,
    `${base}/traces/${traceId}`,
  ];
}

async function statusesOf(house: HouseOfUsers, user: User, paths: readonly string[]): Promise<number[]> {
  const found = new Set<number>();
  for (const path of paths) found.add((await house.as(user, "GET", path)).status);
  return [...found];
}

describe("the product's own routes of runs and traces", () => {
  it("shut out whom a grant on one experiment shuts out, though the project is open to them", async () => {
    const house = await openProject();
    const eve = await house.add("eve");
    await hold(house, eve, { role: "contributor", on: house.closed, level: "none" });
    assert.deepEqual(await statusesOf(house, eve, readsOf(house.open)), [200]);
    assert.deepEqual(await statusesOf(house, eve, readsOf(house.closed)), [403]);
    const ids = [house.open.runId, house.closed.runId];
    const orders = [
      ["bulk", { action: "tag", key: "a", value: "b" }],
      ["bulk", { action: "untag", key: "secret" }],
      ["bulk-state", { action: "delete" }],
    ] as const;
    for (const [path, order] of orders) {
      const { status } = await house.as(eve, "POST", `${base}/runs/${path}`, { ids, order });
      assert.equal(status, 403, order.action);
    }
    assert.deepEqual((await house.tracking.getRun(house.open.runId)).tags["secret"], "open");
  });

  it("leave no word of a closed experiment in lists, groups, columns and comparisons", async () => {
    const house = await openProject();
    const eve = await house.add("eve");
    await hold(house, eve, { role: "viewer", on: house.closed, level: "none" });
    const { closed } = house;
    const asked = [
      ["GET", `${base}/runs?total=true`],
      ["GET", `${base}/runs?experiment=${closed.experimentId}&total=true`],
      ["GET", `${base}/runs?filter=${encodeURIComponent("tags.secret = 'closed' or run_name = 'fit'")}`],
      ["GET", `${base}/runs/groups?by=tags.secret`],
      ["GET", `${base}/runs/columns`],
      ["GET", `${base}/runs/columns?experiment=${closed.experimentId}`],
      ["GET", `${base}/traces`],
      ["GET", `${base}/traces?experiment=${closed.experimentId}`],
      ["POST", `${base}/runs/compare`, { filter: "run_name = 'fit'" }],
    ] as const;
    for (const [method, path, body] of asked) {
      const answer = await house.as(eve, method, path, body);
      assert.equal(answer.status, 200, path);
      assert.doesNotMatch(JSON.stringify(answer.body), /closed|"total":2/, path);
      assert.ok(!JSON.stringify(answer.body).includes(closed.runId), path);
    }
    // Named, it is as if it were not there.
    const named = { ids: [closed.runId] };
    assert.equal((await house.as(eve, "POST", `${base}/runs/compare`, named)).status, 404);
  });

  it("let in who holds a grant on one experiment and nothing else, to that alone", async () => {
    const house = await openProject();
    const eve = await house.add("eve");
    await hold(house, eve, { on: house.open, level: "read" });
    assert.deepEqual(await statusesOf(house, eve, readsOf(house.open)), [200]);
    assert.deepEqual(await statusesOf(house, eve, readsOf(house.closed)), [403]);
    const { body } = await house.as(eve, "GET", `${base}/runs?total=true`);
    assert.match(JSON.stringify(body), new RegExp(`"id":"${house.open.runId}".*"total":1`));
    const stranger = await house.add("mallory");
    // Whoever may nothing is told nothing, not even whether there is such a run.
    const absent = { runId: "f".repeat(32), traceId: `tr-${"f".repeat(32)}`, experimentId: "9" };
    const inProject = [...readsOf(absent), `${base}/runs`, `${base}/traces`].filter((path) =>
      path.startsWith(base),
    );
    assert.deepEqual(await statusesOf(house, stranger, inProject), [403]);
  });

  it("decide as MLflow's routes do, for every role and every grant", async () => {
    const house = await openProject();
    const { open } = house;
    for (const role of [undefined, ...roleNames]) {
      for (const level of [undefined, ...levelNames]) {
        const user = await house.add(`${role ?? "nobody"}-${level ?? "plain"}`);
        await hold(house, user, { ...(role && { role }), ...(level && { on: open, level }) });
        const mine = await doneBy(house, user, open, "own");
        const theirs = await doneBy(house, user, open, "mlflow");
        assert.deepEqual(mine, theirs, user.name);
      }
    }
  });
});

/** Whether a user may read, tag, delete and restore the run, and read the trace, through one of the doors. */
async function doneBy(
  house: HouseOfUsers,
  user: User,
  { runId, traceId }: Kept,
  door: "own" | "mlflow",
): Promise<boolean[]> {
  const tag = { action: "tag", key: "seen", value: "yes" };
  const state = (action: string): object => ({ ids: [runId], order: { action } });
  const asked =
    door === "own"
      ? ([
          ["GET", `${base}/runs/${runId}`],
          ["POST", `${base}/runs/bulk`, { ids: [runId], order: tag }],
          ["POST", `${base}/runs/bulk-state`, state("delete")],
          ["POST", `${base}/runs/bulk-state`, state("restore")],
          ["GET", `${base}/traces/${traceId}`],
        ] as const)
      : ([
          ["GET", `runs/get?run_id=${runId}`],
          ["POST", "runs/set-tag", { run_id: runId, key: "seen", value: "yes" }],
          ["POST", "runs/delete", { run_id: runId }],
          ["POST", "runs/restore", { run_id: runId }],
          ["GET", `/api/3.0/mlflow/traces/${traceId}`],
        ] as const);
  const may: boolean[] = [];
  for (const [method, path, body] of asked) {
    const { status } = await house.as(user, method, path, body);
    assert.ok(status === 200 || status === 403, `${user.name} ${path}: ${status}`);
    may.push(status === 200);
  }
  return may;
}

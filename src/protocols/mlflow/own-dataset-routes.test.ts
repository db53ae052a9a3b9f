import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { z } from "zod";

import { experimentThing } from "#access";
import type { Level, Role } from "#access";
import { createTestKernel } from "#kernel/testing";

import { openHouseOfUsers, userMigrations } from "./test-users.ts";
import type { HouseOfUsers, User } from "./test-users.ts";

const base = "/api/v1/projects/care/evaluation-datasets";
const made = z.object({ dataset: z.object({ dataset_id: z.string() }) });

interface Kept {
  readonly experimentId: string;
  readonly datasetId: string;
  readonly traceId: string;
  readonly recordId: string;
}

/** Two experiments of a project, each with a data set made by MLflow's routes; one more belongs to no project. */
async function openDatasets() {
  const house = await openHouseOfUsers(await createTestKernel({ migrations: userMigrations }));
  const actor = "system";
  const create = async (name: string, experimentIds: readonly string[]): Promise<string> => {
    const body = { name, experiment_ids: experimentIds, tags: JSON.stringify({ team: name }) };
    const answer = await house.as(house.admin, "POST", "/api/3.0/mlflow/datasets/create", body);
    return made.parse(answer.body).dataset.dataset_id;
  };
  const keep = async (name: string, digit: string): Promise<Kept> => {
    const { id } = await house.tracking.commands.ensureExperiment({ project: "care", name, actor });
    const traceId = `tr-${digit.repeat(32)}`;
    await house.traces.commands.recordTrace({ trace: traceIn(id, traceId), actor });
    const datasetId = await create(`questions-${name}`, [id]);
    const records = [
      {
        inputs: { question: `Where is the bag of ${name}?`, count: 2 },
        expectations: { answer: `secret of ${name}` },
        tags: { topic: "bags", "mlflow.user": "ada" },
        source: { source_type: "TRACE", source_data: { trace_id: traceId } },
      },
      { inputs: { question: "How late?" } },
    ];
    const path = `/api/3.0/mlflow/datasets/${datasetId}/records`;
    const { status } = await house.as(house.admin, "POST", path, { records: JSON.stringify(records) });
    assert.equal(status, 200);
    const list = await house.as(house.admin, "GET", `${base}/${datasetId}/records`);
    const [first] = z.object({ records: z.array(z.object({ id: z.string() })) }).parse(list.body).records;
    return { experimentId: id, datasetId, traceId, recordId: first?.id ?? "" };
  };
  const [open, closed] = [await keep("open", "1"), await keep("closed", "2")];
  return { ...house, open, closed, free: await create("free", []) };
}

function traceIn(experimentId: string, id: string) {
  const nothing = { clientRequestId: null, requestPreview: null, responsePreview: null, assessments: [] };
  return {
    ...nothing,
    id,
    experimentId,
    state: "OK",
    startedAtMs: 1,
    durationMs: 1,
    tags: {},
    metadata: {},
  } as const;
}

async function hold(
  { access }: HouseOfUsers,
  { name }: User,
  { role, on, level }: { readonly role?: Role; readonly on?: Kept; readonly level?: Level },
): Promise<void> {
  const principal = (await access.findPrincipal(name))?.id ?? "";
  const actor = "system";
  if (role !== undefined) await access.commands.grantRole({ principal, role, project: "care", actor });
  if (on !== undefined && level !== undefined)
    await access.commands.grantThing({ principal, thing: experimentThing(on.experimentId), level, actor });
}

function readsOf({ datasetId, recordId }: Kept): readonly string[] {
  const one = `${base}/${datasetId}`;
  return [one, `${one}/records`, `${one}/records?find=bag`, `${one}/records/${recordId}`];
}

async function statusesOf(house: HouseOfUsers, user: User, paths: readonly string[]): Promise<number[]> {
  const found = new Set<number>();
  for (const path of paths) found.add((await house.as(user, "GET", path)).status);
  return [...found];
}

describe("the product's own routes of evaluation data sets", () => {
  it("list the sets of a project or of one experiment, and show records in short and whole", async () => {
    const house = await openDatasets();
    const { admin, open, closed, as } = house;
    const list = JSON.stringify((await as(admin, "GET", base)).body);
    assert.match(list, /"name":"questions-closed"/);
    assert.match(list, /"name":"questions-open"/);
    assert.match(list, /"records":2/);
    assert.doesNotMatch(list, /"free"/);
    const ofOne = JSON.stringify((await as(admin, "GET", `${base}?experiment=${closed.experimentId}`)).body);
    assert.match(ofOne, /questions-closed/);
    assert.doesNotMatch(ofOne, /questions-open/);
    const filtered = await as(
      admin,
      "GET",
      `${base}?filter=${encodeURIComponent("tags.team = 'questions-open'")}`,
    );
    assert.match(JSON.stringify(filtered.body), /"datasets":\[\{"id":"[^"]+","name":"questions-open"/);
    assert.equal((await as(admin, "GET", `${base}?filter=nonsense`)).status, 400);

    const records = await as(admin, "GET", `${base}/${open.datasetId}/records?limit=1`);
    const page = z
      .object({
        records: z.array(z.record(z.string(), z.unknown())),
        cursor: z.string(),
        total: z.literal(2),
      })
      .parse(records.body);
    const { inputs, expectations, tags, traceId } = page.records[0] ?? {};
    assert.deepEqual(
      { inputs, expectations, tags, traceId },
      {
        inputs: "question: Where is the bag of open? · count: 2",
        expectations: "answer: secret of open",
        tags: "topic: bags",
        traceId: open.traceId,
      },
    );
    const whole = await as(admin, "GET", `${base}/${open.datasetId}/records/${open.recordId}`);
    assert.deepEqual(z.object({ inputs: z.unknown(), source: z.unknown() }).parse(whole.body), {
      inputs: { question: "Where is the bag of open?", count: 2 },
      source: { source_type: "TRACE", source_data: { trace_id: open.traceId } },
    });
    const otherSet = `${base}/${closed.datasetId}/records/${open.recordId}`;
    assert.equal((await as(admin, "GET", otherSet)).status, 404);
  });

  it("shut out whom a grant on the experiment shuts out, and leave no word of its sets in lists", async () => {
    const house = await openDatasets();
    const eve = await house.add("eve");
    await hold(house, eve, { role: "contributor", on: house.closed, level: "none" });
    assert.deepEqual(await statusesOf(house, eve, readsOf(house.open)), [200]);
    assert.deepEqual(await statusesOf(house, eve, readsOf(house.closed)), [403]);
    for (const path of [base, `${base}?experiment=${house.closed.experimentId}`]) {
      const answer = await house.as(eve, "GET", path);
      assert.equal(answer.status, 200);
      assert.doesNotMatch(JSON.stringify(answer.body), /closed/);
    }
  });

  it("let in who holds a grant on one experiment and nothing else, and tell a stranger nothing", async () => {
    const house = await openDatasets();
    const eve = await house.add("eve");
    await hold(house, eve, { on: house.open, level: "read" });
    assert.deepEqual(await statusesOf(house, eve, [base, ...readsOf(house.open)]), [200]);
    assert.deepEqual(await statusesOf(house, eve, readsOf(house.closed)), [403]);
    assert.doesNotMatch(JSON.stringify((await house.as(eve, "GET", base)).body), /closed/);
    const mallory = await house.add("mallory");
    const absent = { ...house.open, datasetId: `d-${"0".repeat(32)}`, recordId: "dr-0" };
    assert.deepEqual(
      await statusesOf(house, mallory, [base, ...readsOf(house.open), ...readsOf(absent)]),
      [403],
    );
  });

  it("do not reach a set of no project or of another one through the path of a project", async () => {
    const { admin, as, free, open } = await openDatasets();
    const paths = [
      `${base}/${free}`,
      `${base}/${free}/records`,
      `${base.replace("care", "spam")}/${open.datasetId}`,
    ];
    for (const path of paths) assert.equal((await as(admin, "GET", path)).status, 404, path);
  });

  it("lead to a trace only whom the trace's own experiment lets in", async () => {
    const house = await openDatasets();
    const { open, closed, admin } = house;
    const source = { source_type: "TRACE", source_data: { trace_id: closed.traceId } };
    const records = JSON.stringify([{ inputs: { question: "Borrowed?" }, source }]);
    await house.as(admin, "POST", `/api/3.0/mlflow/datasets/${open.datasetId}/records`, { records });
    const eve = await house.add("eve");
    await hold(house, eve, { role: "viewer", on: closed, level: "none" });
    const path = `${base}/${open.datasetId}/records?find=borrowed`;
    const seenBy = async (user: User): Promise<unknown> =>
      z
        .object({ records: z.array(z.object({ traceId: z.string().nullable() })) })
        .parse((await house.as(user, "GET", path)).body).records;
    assert.deepEqual(await seenBy(admin), [{ traceId: closed.traceId }]);
    assert.deepEqual(await seenBy(eve), [{ traceId: null }]);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createTestKernel } from "#kernel/testing";
import { createAccess, migrations as accessMigrations } from "#access";
import type { DatasetVersion } from "#data";
import { createObjectives, migrations as objectiveMigrations } from "#objectives";
import { createTracking, migrations as trackingMigrations } from "#tracking";

import { createPipelinePorts } from "./pipeline-ports.ts";

const charter = `project: shop
data:
  messages: { source: { file: data/messages.csv } }
  prices: { source: { file: data/prices.csv } }
python: { requirements: requirements.txt }
`;

function version(number: number, state: DatasetVersion["state"]): DatasetVersion {
  return {
    id: `dv_${number}`,
    project: "shop",
    dataset: "messages",
    number,
    digest: String(number).repeat(64),
    parquetDigest: null,
    sizeBytes: 0,
    rows: 0,
    columns: [],
    source: "file data/messages.csv",
    parent: null,
    contractDigest: null,
    state,
    breaches: [],
    createdAtMs: 0,
    actor: "usr_ada",
  };
}

/** The ports of a project with these versions of its messages, the newest last, and none of its prices. */
async function openPorts(
  versions: readonly DatasetVersion[],
  options: { readonly pipeline?: string; readonly mode?: "local" | "required" } = {},
) {
  const kernel = await createTestKernel({
    migrations: [...accessMigrations, ...objectiveMigrations, ...trackingMigrations],
  });
  const { pipeline = "pipeline: dvc.yaml\n", mode = "local" } = options;
  const access = createAccess({ ...kernel, mode });
  const objectives = createObjectives(kernel);
  await objectives.commands.applyCharter({ text: charter + pipeline, folder: "/shop", actor: "usr_ada" });
  const tracking = createTracking({ ...kernel, isProject: async (name) => name === "shop" });
  const placed: string[] = [];
  const ports = createPipelinePorts({
    access,
    objectives,
    tracking,
    trackingUri: () => "http://127.0.0.1:7357",
    data: {
      listVersions: async (_project, dataset) => (dataset === "messages" ? versions.toReversed() : []),
      async getVersion(id) {
        const found = versions.find((one) => one.id === id);
        if (found === undefined) throw new Error(`the test has no ${id}`);
        return found;
      },
      materialise: async (id, target) => void placed.push(`${id} at ${target}`),
    },
  });
  return { ports, tracking, placed, access };
}

describe("the token of a step", () => {
  const pass = { step: "stp_1", project: "shop", actor: "system", through: "step a", expiresAtMs: 1e15 };

  it("is made where everybody signs in, and there alone", async () => {
    assert.equal(await (await openPorts([])).ports.passes.lend(pass), undefined);
    const { ports, access } = await openPorts([], { mode: "required" });
    const secret = await ports.passes.lend(pass);
    const show = async () =>
      await access.authenticate({
        authorization: `Bearer ${secret}`,
        cookie: undefined,
        remoteAddress: "10.0.0.1",
        forwarded: false,
      });
    const bounds = (await show())?.bounds;
    assert.deepEqual([bounds?.project, bounds?.through], ["shop", "step a"]);
    for (const never of [
      "project:write",
      "pipeline:run",
      "access:manage",
      "run:delete",
      "release:approve",
    ] as const)
      assert.ok(bounds?.permissions.includes(never) === false, never);
    await ports.passes.end("stp_1");
    await assert.rejects(show(), { code: "token_invalid" });
  });
});

describe("how pipelines see a project", () => {
  it("as its folder, the file of its pipeline, and its Python", async () => {
    const { ports } = await openPorts([]);
    assert.deepEqual(await ports.projects.getProject("shop"), {
      id: "shop",
      folder: "/shop",
      pipeline: { file: "dvc.yaml" },
      python: { requirements: "requirements.txt", version: ">=3.10" },
    });
  });

  it("as a problem when its charter names no pipeline", async () => {
    const { ports } = await openPorts([], { pipeline: "" });
    await assert.rejects(ports.projects.getProject("shop"), { code: "pipeline_missing" });
  });
});

describe("how pipelines see data", () => {
  it("as the newest version of each data set that has one, to be placed where the charter says", async () => {
    const { ports, placed } = await openPorts([version(1, "usable"), version(2, "usable")]);
    const inputs = await ports.datasets.resolve("shop", {});
    assert.deepEqual(
      inputs.map(({ name, versionId, path, digest, state }) => ({ name, versionId, path, digest, state })),
      [
        {
          name: "messages",
          versionId: "dv_2",
          path: "data/messages.csv",
          digest: "2".repeat(64),
          state: "usable",
        },
      ],
    );
    await inputs[0]?.materialise("/elsewhere/data/messages.csv");
    assert.deepEqual(placed, ["dv_2 at /elsewhere/data/messages.csv"]);
  });

  it("as the version that was asked for", async () => {
    const { ports } = await openPorts([version(1, "usable"), version(2, "usable")]);
    const [input] = await ports.datasets.resolve("shop", { messages: "dv_1" });
    assert.equal(input?.versionId, "dv_1");
  });

  it("as quarantined when the newest is: an older one would be a silent lie", async () => {
    const { ports } = await openPorts([version(1, "usable"), version(2, "quarantined")]);
    const [input] = await ports.datasets.resolve("shop", {});
    assert.deepEqual([input?.versionId, input?.state], ["dv_2", "quarantined"]);
    assert.match(input?.reason ?? "", /messages/);
  });
});

describe("how pipelines track a step", () => {
  it("as a run of the project's own experiment, with its tags", async () => {
    const { ports, tracking } = await openPorts([]);
    const { runId, experimentId } = await ports.runs.start({
      project: "shop",
      name: "train",
      tags: { "gyre.stage": "train" },
      actor: "usr_ada",
      startedAtMs: 5,
    });
    await ports.runs.finish(runId, "finished", "usr_ada");
    const run = await tracking.getRun(runId);
    assert.deepEqual(
      [run.project, run.experimentId, run.name, run.status, run.tags["gyre.stage"]],
      ["shop", experimentId, "train", "finished", "train"],
    );
  });
});

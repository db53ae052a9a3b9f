import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createTestKernel } from "#kernel/testing";
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
async function openPorts(versions: readonly DatasetVersion[], pipeline = "pipeline: dvc.yaml\n") {
  const kernel = await createTestKernel({ migrations: [...objectiveMigrations, ...trackingMigrations] });
  const objectives = createObjectives(kernel);
  await objectives.commands.applyCharter({ text: charter + pipeline, folder: "/shop", actor: "usr_ada" });
  const tracking = createTracking({ ...kernel, isProject: async (name) => name === "shop" });
  const placed: string[] = [];
  const ports = createPipelinePorts({
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
  return { ports, tracking, placed };
}

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
    const { ports } = await openPorts([], "");
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

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";

import { createAnalyst } from "#kernel/columnar";
import type { Analyst } from "#kernel/columnar";
import { Problem } from "#kernel/errors";
import { createTestKernel, describeOnEveryEngine, temporaryFolder } from "#kernel/testing";

import { createData, migrations } from "./index.ts";
import type { DataModule } from "./index.ts";

const contract = {
  file: "contracts/messages.yaml",
  text: `
rows: { at_least: 2 }
columns:
  id: { type: text, required: true, unique: true }
  sentiment: { type: text, one_of: [good, bad] }
  length: { type: integer, at_most: 100 }
`,
};
const kept = "id,sentiment,length\na,good,3\nb,bad,40\nc,good,12\n";
const broken = "id,sentiment,length\na,good,3\na,furious,400\nc,,12\n";

describeOnEveryEngine("data", (open) => {
  let analyst: Analyst;
  let folder: string;
  before(async () => {
    folder = await temporaryFolder();
    // The blobs of each test lie in a temporary folder of their own.
    analyst = createAnalyst({ folder: join(folder, "analyst"), allowedFolders: [tmpdir()] });
  });
  after(() => analyst.stop());

  async function openData(): Promise<{
    data: DataModule;
    write(text: string): string;
    kinds(): Promise<string[]>;
  }> {
    const db = await open([]);
    const { ledger, clock, blobs } = await createTestKernel({ db, migrations });
    const workFolder = join(folder, "work");
    mkdirSync(workFolder, { recursive: true });
    const data = createData({ db, ledger, clock, blobs, analyst, workFolder });
    const write = (text: string): string => {
      const path = join(workFolder, "messages.csv");
      writeFileSync(path, text);
      return path;
    };
    const kinds = async (): Promise<string[]> => (await ledger.list({})).map((event) => event.kind);
    return { data, write, kinds };
  }

  const order = {
    project: "shop",
    dataset: "messages",
    source: "file data/messages.csv",
    contract,
    actor: "usr_a",
  };

  it("keeps a file as a numbered version with columns, rows and profile", async () => {
    const { data, write, kinds } = await openData();
    const version = await data.commands.importVersion({ ...order, path: write(kept) });
    assert.deepEqual(
      [version.number, version.rows, version.state, version.columns],
      [
        1,
        3,
        "usable",
        [
          { name: "id", type: "text" },
          { name: "sentiment", type: "text" },
          { name: "length", type: "integer" },
        ],
      ],
    );
    const sentiment = (await data.profile(version.id)).find((column) => column.name === "sentiment");
    assert.deepEqual(sentiment?.top, [
      { value: "good", count: 2 },
      { value: "bad", count: 1 },
    ]);
    assert.deepEqual(await kinds(), ["dataset_version.created"]);
  });

  it("makes no new version of the same bytes", async () => {
    const { data, write } = await openData();
    const first = await data.commands.importVersion({ ...order, path: write(kept) });
    const again = await data.commands.importVersion({ ...order, path: write(kept) });
    assert.equal(again.id, first.id);
  });

  it("quarantines a version that breaks its contract, and nothing can train on it", async () => {
    const { data, write, kinds } = await openData();
    const version = await data.commands.importVersion({ ...order, path: write(broken) });
    assert.deepEqual(
      version.breaches.map(({ column, rule, count, examples }) => ({ column, rule, count, examples })),
      [
        {
          column: "id",
          rule: "unique",
          count: 2,
          examples: [
            { row: 1, value: "a" },
            { row: 2, value: "a" },
          ],
        },
        { column: "sentiment", rule: "one_of good, bad", count: 1, examples: [{ row: 2, value: "furious" }] },
        { column: "length", rule: "at_most 100", count: 1, examples: [{ row: 2, value: "400" }] },
      ],
    );
    assert.equal(await data.latestUsable("shop", "messages"), undefined);
    assert.deepEqual(await kinds(), ["dataset_version.created", "dataset_version.quarantined"]);
    await assert.rejects(
      data.materialise(version.id, join(folder, "train.csv")),
      (problem) =>
        problem instanceof Problem &&
        problem.code === "data_quarantined" &&
        problem.message.includes("furious"),
    );
  });

  it("puts rows behind a version, in its columns, each once", async () => {
    const { data, write } = await openData();
    const base = await data.commands.importVersion({ ...order, path: write(kept) });
    const rows = join(folder, "rows.csv");
    writeFileSync(rows, "prediction_id,sentiment,extra\np1,bad,x\np2,good,y\n");
    const extend = {
      extension: { path: rows, identity: "prediction_id" },
      source: "outcomes",
      contract,
      actor: "system",
    };
    const extended = await data.commands.extendVersion({ ...extend, versionId: base.id });
    assert.deepEqual((await data.preview(extended.id, 10)).rows, [
      ["a", "good", "3"],
      ["b", "bad", "40"],
      ["c", "good", "12"],
      ["p1", "bad", null],
      ["p2", "good", null],
    ]);
    const again = await data.commands.extendVersion({ ...extend, versionId: extended.id });
    assert.equal(again.id, extended.id);
  });

  it("says which file is missing and which is no table", async () => {
    const { data, write } = await openData();
    await assert.rejects(
      data.commands.importVersion({ ...order, path: join(folder, "nowhere.csv") }),
      (problem) => problem instanceof Problem && problem.code === "data_file_missing",
    );
    await assert.rejects(
      data.commands.importVersion({ ...order, path: write('id,sentiment\na,good\nb,good,"three"\n') }),
      (problem) => problem instanceof Problem && problem.code === "data_unreadable",
    );
  });
});

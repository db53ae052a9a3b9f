import assert from "node:assert/strict";
import { appendFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";

import { z } from "zod";

import { createMemoryBlobs } from "../blobs/index.ts";
import { openDatabase } from "../db/index.ts";
import { temporaryFolder } from "../testing/index.ts";
import { openAppendLog } from "../append-log/index.ts";
import { createAnalyst, migrations, readLogSql, sealToParquet, sqlText } from "./index.ts";
import type { Analyst, AnalystOptions, LogTable } from "./index.ts";

async function openAnalyst(options: Partial<AnalystOptions> = {}): Promise<Analyst> {
  const analyst = createAnalyst({
    folder: await temporaryFolder(),
    memoryLimitMb: 256,
    threads: 2,
    ...options,
  });
  after(() => analyst.stop());
  return analyst;
}

describe("the analyst", () => {
  it("gives every type of value as plain JSON", async () => {
    const analyst = await openAnalyst();
    const rows = await analyst.rows(
      `select 7::hugeint as whole, 9007199254740993::bigint as huge, 1.25::decimal(9, 2) as price, 'nan'::double as nan,
        timestamp '1970-01-01 00:00:01.5' as at, timestamptz '1970-01-01 01:00:00+01' as zoned, date '2027-03-31' as day,
        [1, null] as list, { a: 1, b: 'x' } as struct, map { 'k': 2 } as map, interval 1 day as span, 'ab'::blob as bytes,
        $1 as number, $2 as text, $3 as flag, $4 as nothing, $5 as many`,
      [5_000_000_000, "it's", true, null, ["a", "b"]],
      z.record(z.string(), z.unknown()),
    );
    assert.deepEqual(rows, [
      {
        whole: 7,
        huge: "9007199254740993",
        price: 1.25,
        nan: null,
        at: 1500,
        zoned: 0,
        day: "2027-03-31",
        list: [1, null],
        struct: { a: 1, b: "x" },
        map: { k: 2 },
        span: { months: 0, days: 1, micros: 0 },
        bytes: "YWI=",
        number: 5_000_000_000,
        text: "it's",
        flag: true,
        nothing: null,
        many: ["a", "b"],
      },
    ]);
  });

  it("reads CSV and writes Parquet", async () => {
    const analyst = await openAnalyst();
    const folder = await temporaryFolder();
    await writeFile(join(folder, "messages.csv"), 'id,text\n1,"hello, world"\n2,\n');
    const parquet = join(folder, "messages.parquet");
    await analyst.run(
      `copy (from read_csv(${sqlText(join(folder, "messages.csv"))})) to ${sqlText(parquet)} (format parquet)`,
    );
    const row = z.object({ id: z.number(), text: z.string().nullable() });
    assert.deepEqual(await analyst.rows("from read_parquet($1)", [[parquet]], row), [
      { id: 1, text: "hello, world" },
      { id: 2, text: null },
    ]);
  });

  it("survives the death of its process: a read is asked again, a statement with an effect says so", async () => {
    const analyst = await openAnalyst();
    const one = z.object({ n: z.number() });
    const slow =
      "select count(*) as n from range(30000000) a, range(3) b where hash(a.range, b.range) % 7 = 0";
    await analyst.rows("select 1 as n", [], one);
    const first = analyst.processId() ?? 0;
    const effect = assert.rejects(analyst.run(slow), { code: "analyst_died" });
    const read = analyst.rows("select sum(range)::bigint as n from range(20000000)", [], one);
    process.kill(first, "SIGKILL");
    await effect;
    assert.deepEqual(await read, [{ n: 199_999_990_000_000 }]);
    assert.notEqual(analyst.processId(), first);
  });

  it("stops a query that takes too long and goes on", async () => {
    const analyst = await openAnalyst();
    const endless = "select count(*) as n from range(100000000000) where hash(range) = 1";
    const one = z.object({ n: z.number() });
    await assert.rejects(analyst.rows(endless, [], one, { timeoutMs: 200 }), { code: "query_timed_out" });
    assert.deepEqual(await analyst.rows("select 1 as n", [], one), [{ n: 1 }]);
  });

  it("names what is wrong with a query, its memory or the size of its result", async () => {
    const analyst = await openAnalyst({ memoryLimitMb: 64, maximumRows: 10 });
    const anything = z.unknown();
    await assert.rejects(analyst.rows("select * from nowhere", [], anything), { code: "query_failed" });
    await assert.rejects(analyst.rows("from range(11)", [], anything), { code: "result_too_large" });
    await assert.rejects(
      analyst.rows(
        "select length(string_agg(repeat('x', 1000) || range, '')) as n from range(1000000)",
        [],
        anything,
      ),
      { code: "query_out_of_memory" },
    );
  });

  it("reaches only the folders it was given, and no network", async () => {
    const folder = await temporaryFolder();
    const analyst = await openAnalyst({ allowedFolders: [folder] });
    await writeFile(join(folder, "inside.csv"), "a\n1\n");
    assert.deepEqual(await analyst.rows("from read_csv($1)", [join(folder, "inside.csv")], z.unknown()), [
      { a: 1 },
    ]);
    await assert.rejects(analyst.rows("from read_csv('/etc/passwd')", [], z.unknown()), {
      code: "query_failed",
    });
    await assert.rejects(analyst.run("install httpfs"), { code: "query_failed" });
    await assert.rejects(analyst.run("set enable_external_access = true"), { code: "query_failed" });
  });

  it("ends its process when idle and starts it again on demand", async () => {
    const analyst = await openAnalyst({ idleMs: 10 });
    assert.equal(analyst.processId(), undefined);
    await analyst.run("select 1");
    while (analyst.processId() !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
    await analyst.run("select 1");
  });
});

describe("the append log as a table", () => {
  const columns = { id: "VARCHAR", at_ms: "BIGINT", score: "DOUBLE", features: "JSON" };
  const row = z.object({ id: z.string(), score: z.number().nullable() });

  it("shows every acknowledged record in one query while segments become Parquet", async () => {
    const analyst = await openAnalyst();
    const db = openDatabase({ location: ":memory:" });
    after(() => db.close());
    await db.migrate(migrations);
    const parts = { db, analyst, blobs: createMemoryBlobs() };
    const log: LogTable = {
      name: "predictions",
      folder: await temporaryFolder(),
      columns,
      key: "id",
      atColumn: "at_ms",
    };
    const workFolder = await temporaryFolder();
    const read = async (period = {}) =>
      (
        await analyst.rows(
          `select id, score from ${await readLogSql(parts, log, period)} order by id`,
          [],
          row,
        )
      ).map(({ id }) => id);
    assert.deepEqual(await read(), []);

    const writer = await openAppendLog({ folder: log.folder, writer: "gateway-1" });
    await writer.append({ id: "a", at_ms: 10, score: 0.5, features: { length: 3 }, unknown: 1 });
    await writer.rotate();
    await writer.append({ id: "b", at_ms: 20, score: 1 });
    assert.deepEqual(await read(), ["a", "b"]);

    assert.deepEqual(
      (await sealToParquet(parts, log, { workFolder, keepMs: 0 })).map(({ rows, firstAtMs, lastAtMs }) => [
        rows,
        firstAtMs,
        lastAtMs,
      ]),
      [[1, 10, 10]],
    );
    // A line that is being written at this moment is no record yet.
    const open = (await readdir(log.folder)).find((name) => name.endsWith("2.ndjson")) ?? "";
    await appendFile(join(log.folder, open), '{"id":"half');
    assert.deepEqual(await read(), ["a", "b"]);
    assert.deepEqual(await read({ fromMs: 15 }), ["b"]);
    assert.deepEqual(await read({ toMs: 20 }), ["a"]);

    assert.deepEqual(await sealToParquet(parts, log, { workFolder, keepMs: 0 }), []);
    assert.deepEqual(
      (await readdir(log.folder)).filter((name) => name.endsWith(".ndjson")),
      [open],
    );
    assert.deepEqual(await read(), ["a", "b"]);
    await writer.close();
  });
});

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { z } from "zod";

import { temporaryFolder } from "#kernel/testing";

import { gyre, isWellTold, startServer } from "./gyre.ts";
import { soundFiles, writeProject } from "./project.ts";

const data = "data/messages.csv";
const versionSchema = z.object({
  version: z.object({
    number: z.number(),
    state: z.string(),
    rows: z.number(),
    breaches: z.array(
      z.object({
        column: z.string(),
        rule: z.string(),
        count: z.number(),
        examples: z.array(z.object({ row: z.number(), value: z.string().nullable() })),
      }),
    ),
  }),
});

// One story: each test goes on where the one before ended.
describe("data that breaks its contract", async () => {
  const folder = await temporaryFolder();
  writeProject(folder);
  const server = await startServer({ folder });
  const [, url = ""] = await server.says(/Gyre is up at (\S+)/);
  const broken = (soundFiles[data] ?? "")
    .replace("thank you", "")
    .replace("well done,positive", "well done,postive");

  it("is kept as a version in quarantine, and told with column, rule, count and rows", async () => {
    writeProject(folder, { [data]: broken });
    const { code, stdout } = await gyre(["apply"], { folder });
    assert.equal(code, 0);
    assert.match(stdout, /^Imported messages@2, 4 rows, quarantined: it breaks its contract\.$/m);
    assert.match(stdout, /^ {2}Column text breaks "required" in 1 of 4 rows \(row 2: missing\)\.$/m);
    assert.match(
      stdout,
      /^ {2}Column sentiment breaks "one_of negative, positive" in 1 of 4 rows \(row 4: "postive"\)\.$/m,
    );
    assert.match(stdout, /Nothing runs on it: mend the rows or the contract, then: gyre apply$/m);
  });

  it("is shown by the API with the same facts", async () => {
    const response = await fetch(`${url}/api/v1/projects/shop/datasets/messages/versions/2`);
    assert.deepEqual(versionSchema.parse(await response.json()).version, {
      number: 2,
      state: "quarantined",
      rows: 4,
      breaches: [
        { column: "text", rule: "required", count: 1, examples: [{ row: 2, value: null }] },
        {
          column: "sentiment",
          rule: "one_of negative, positive",
          count: 1,
          examples: [{ row: 4, value: "postive" }],
        },
      ],
    });
  });

  it("is shown by gyre data, with what it breaks", async () => {
    const { stdout } = await gyre(["data", "messages@2"], { folder });
    assert.match(stdout, /^state +quarantined$/m);
    assert.match(stdout, /^Breaks its contract\n {2}Column text breaks "required"/m);
  });

  it("keeps gyre run from running, with the same facts and exit code 3", async () => {
    const ended = await gyre(["run"], { folder });
    assert.equal(ended.code, 3, ended.stderr);
    assert.match(
      ended.stderr,
      /^error\[data_quarantined\]: The stage "count" cannot read the data set messages\. Version 2 of messages is quarantined: Column text breaks "required" in 1 of 4 rows \(row 2: missing\)\. Column sentiment breaks .*\(row 4: "postive"\)\.$/m,
    );
    assert.equal(isWellTold(ended), null);
  });

  it("is followed by a usable version once the file is mended", async () => {
    writeProject(folder);
    assert.match((await gyre(["apply"], { folder })).stdout, /^Imported messages@3, 4 rows\.$/m);
    const { code, stdout } = await gyre(["run"], { folder });
    assert.equal(code, 0);
    assert.match(stdout, /^count +succeeded /m);
    assert.match((await gyre(["data", "messages"], { folder })).stdout, /^messages@2 +quarantined /m);
  });

  for (const [name, file, says] of [
    [
      "a quote that is never closed",
      'message_id,text,sentiment\nm1,good,positive\nm2,"never closed,negative\nm3,b,positive\n',
      /a quote that opens in the row at line 3 is never closed\.$/m,
    ],
    [
      "a row with a value too many",
      "message_id,text,sentiment\nm1,good,positive\nm2,lost, again,negative\n",
      /line 3 has 4 values, the header has 3\.$/m,
    ],
    [
      "an encoding that is not UTF-8",
      Buffer.from("message_id,text,sentiment\nm1,caf\u00e9,positive\n", "latin1"),
      /line 2 holds bytes that are no UTF-8 text\.$/m,
    ],
  ] as const) {
    it(`is refused when it is no table, with the line: ${name}`, async () => {
      writeFileSync(join(folder, data), file);
      const ended = await gyre(["apply"], { folder });
      assert.equal(ended.code, 2);
      assert.match(ended.stderr, /^error\[data_unreadable\]: \S+messages\.csv cannot be read as a table: /);
      assert.match(ended.stderr, says);
      assert.equal(isWellTold(ended), null);
    });
  }
});

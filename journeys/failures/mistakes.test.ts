import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { gyre, isWellTold, startServer } from "./gyre.ts";
import { soundFiles, writeProject } from "./project.ts";
import type { Files } from "./project.ts";

interface Mistake {
  readonly name: string;
  readonly file: keyof typeof soundFiles;
  /** What is replaced by what in the sound file. */
  readonly change: readonly [string, string];
  /** Line and column of the mistake. */
  readonly at: string;
  readonly says: RegExp;
}

const mistakes: readonly Mistake[] = [
  {
    name: "an unknown key in gyre.yaml",
    file: "gyre.yaml",
    change: ["pipeline:", "pipelin:"],
    at: "15:1",
    says: /Unknown key "pipelin" at the top of the file\. Did you mean "pipeline"\?/,
  },
  {
    name: "a value of another kind in gyre.yaml",
    file: "gyre.yaml",
    change: ["false_negative: 12", "false_negative: twelve"],
    at: "7:28",
    says: /objective\.costs\.false_negative: expected an amount such as 12\.50, found the text "twelve"/,
  },
  {
    name: "gyre.yaml that is no YAML",
    file: "gyre.yaml",
    change: ["costs: {", "costs: ["],
    at: "7:67",
    says: /A bracket that was opened before is not closed here/,
  },
  {
    name: "an unknown key in dvc.yaml",
    file: "dvc.yaml",
    change: ["cmd:", "cmnd:"],
    at: "3:5",
    says: /Unknown key "cmnd" in stages\.count\. Did you mean "cmd"\?/,
  },
  {
    name: "a list where dvc.yaml takes none",
    file: "dvc.yaml",
    change: ["deps: [data/messages.csv]", "deps: { data: messages.csv }"],
    at: "4:11",
    says: /stages\.count\.deps is a mapping\. Expected a list/,
  },
  {
    name: "a dependency that nothing makes",
    file: "dvc.yaml",
    change: ["deps: [data/messages.csv]", "deps: [data/mesages.csv]"],
    at: "4:12",
    says: /depends on data\/mesages\.csv, which does not exist and which no stage makes\. Did you mean data\/messages\.csv\?/,
  },
  {
    name: "an unknown type in the contract",
    file: "contract.yaml",
    change: ["{ type: text, required", "{ type: txt, required"],
    at: "2:17",
    says: /columns\.text\.type: expected one of "text", .*, found the text "txt"\. Did you mean "text"\?/,
  },
  {
    name: "an unknown key in the baseline",
    file: "baseline.yaml",
    change: ["contains_any", "contain_any"],
    at: "5:21",
    says: /Unknown key "contain_any" in rules\[0\]\.when\.text\. Did you mean "contains_any"\?/,
  },
];

describe("a mistake in a project's files", async () => {
  const folder = await temporaryFolder();
  writeProject(folder);
  await startServer({ folder });

  for (const { name, file, change, at, says } of mistakes) {
    it(`${name} stops check, apply and run at its line, with what was expected`, async () => {
      writeProject(folder, wrong(file, change));
      for (const verb of ["check", "apply", "run"]) {
        const ended = await gyre([verb], { folder });
        assert.equal(ended.code, 2, `gyre ${verb}: ${ended.stdout}${ended.stderr}`);
        assert.match(ended.stderr, says, `gyre ${verb}`);
        assert.ok(ended.stderr.includes(`  at ${file}:${at}\n`), `gyre ${verb}: ${ended.stderr}`);
        assert.equal(isWellTold(ended), null, `gyre ${verb}`);
      }
    });
  }

  it("is forgotten once it is mended", async () => {
    writeProject(folder);
    const codes = [];
    for (const verb of ["check", "apply", "run"]) codes.push((await gyre([verb], { folder })).code);
    assert.deepEqual(codes, [0, 0, 0]);
  });
});

function wrong(file: keyof typeof soundFiles, [right, mistaken]: Mistake["change"]): Files {
  const text = soundFiles[file] ?? "";
  assert.ok(text.includes(right), `${file} holds ${right}`);
  return { [file]: text.replace(right, mistaken) };
}

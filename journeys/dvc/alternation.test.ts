import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";

import { findDvc } from "./environment.ts";
import { makeTeamRepository } from "./repository.ts";
import type { TeamRepository } from "./repository.ts";

const pipeline = `vars:
- words: {greeting: "here: it is", times: 2}
stages:
  prepare:
    cmd: mkdir -p prepared && for i in 1 2; do cat raw/*.txt > prepared/$i.txt; done && echo \${seed} \${words.greeting} > prepared/seed
    deps: [raw]
    params: [seed, split, nested]
    outs: [prepared]
  train:
    foreach: {small: {depth: 1}, large: {depth: 12}}
    do:
      wdir: models
      cmd:
        - wc -c < ../prepared/1.txt > \${key}.bin
        - 'echo "{\\"depth\\": \${item.depth}, \\"loss\\": 0.25}" > \${key}.json'
      deps: [../prepared, ../one.csv]
      params: [../params.yaml: [seed]]
      outs: ["\${key}.bin"]
      metrics: ["\${key}.json": {cache: false}]
`;
const parameters = "seed: 20170428\nsplit: 0.20\nnested: {a: [1, 2.5, null], b: yes, c: {}}\nrate: 1e-5\n";

/** A day of work in a team; each act is done with one of both programs. */
const acts: readonly ((team: TeamRepository, program: "dvc" | "gyre") => void)[] = [
  (team, program) => ok(team[program]("add", "raw", "one.csv")),
  (team, program) => ok(team[program]("repro")),
  (team, program) => {
    team.write("raw/new.txt", "more\n");
    ok(team[program]("add", "raw/new.txt"));
  },
  (team, program) => ok(team[program]("repro", "train@small")),
  (team, program) => {
    team.write("params.yaml", parameters.replace("20170428", "7"));
    ok(team[program]("repro", "-q"));
  },
  (team, program) => {
    // Back to what was run before: from the run cache.
    team.write("params.yaml", parameters);
    ok(team[program]("repro"));
  },
  (team, program) => {
    team.remove("raw", "prepared");
    team.write("models/large.bin", "touched");
    ok(team[program]("checkout", "-f"));
  },
  (team, program) => ok(team[program]("push", "-q")),
  (team, program) => {
    team.remove(".dvc/cache/files", "one.csv", "prepared");
    ok(team[program]("pull", "-q"));
  },
  (team, program) => ok(team[program]("gc", "-w", "-f", "-q")),
];

/** Questions, which both programs are to answer alike in every state. */
const questions: readonly (readonly string[])[] = [
  ["status", "--json"],
  ["status"],
  ["diff", "--json", "--show-hash"],
  ["metrics", "show", "--json"],
  ["params", "diff", "--json"],
  ["dag", "--mermaid"],
];

describe("dvc and gyre dvc in one repository", () => {
  it("leave the same bytes whoever does what, and answer alike", { timeout: 1_800_000 }, async (test) => {
    const dvc = await findDvc();
    if (dvc.startsWith("no dvc")) return test.skip(dvc);
    const first = await begin(test, dvc);
    const [alone, alternating] = [first, first.copy()];
    test.after(() => rmSync(dirname(alternating.root), { recursive: true, force: true }));
    for (const [index, act] of acts.entries()) {
      act(alone, "dvc");
      act(alternating, index % 2 === 0 ? "gyre" : "dvc");
      assert.deepEqual(alternating.state(), alone.state(), `after act ${index + 1}`);
      const question = questions[index % questions.length] ?? [];
      assert.deepEqual(answers(alternating.gyre(...question)), answers(alternating.dvc(...question)));
    }
  });

  it("answer alike when something is wrong", { timeout: 600_000 }, async (test) => {
    const dvc = await findDvc();
    if (dvc.startsWith("no dvc")) return test.skip(dvc);
    const team = await begin(test, dvc);
    for (const words of [
      ["add", "nothing"],
      ["repro", "nothing"],
      ["checkout", "nothing"],
      ["push", "-r", "nowhere"],
      ["status", "--nonsense"],
      ["diff", "nosuchrevision"],
      ["gc", "-f"],
      ["metrics", "what"],
      ["--cd", "/", "status"],
    ]) {
      assert.equal(team.gyre(...words).code, team.dvc(...words).code, words.join(" "));
    }
  });
});

async function begin(test: TestContext, dvc: string): Promise<TeamRepository> {
  const team = makeTeamRepository(dvc);
  test.after(() => rmSync(dirname(team.root), { recursive: true, force: true }));
  team.write("dvc.yaml", pipeline);
  team.write("params.yaml", parameters);
  team.write("models/.gitkeep", "");
  team.write("raw/a.txt", "hello\n");
  team.write("raw/deep/ü b.txt", "wörld\n");
  team.write("one.csv", "a,b\n1,2\n");
  ok(team.dvc("remote", "add", "-q", "-d", "store", "../store"));
  team.git("add", ".dvc", "dvc.yaml", "params.yaml", "models", ".dvcignore");
  ok(team.git("commit", "-q", "-m", "begin"));
  return team;
}

function ok(said: { readonly code: number; readonly err: string; readonly out: string }): void {
  assert.equal(said.code, 0, `${said.out}\n${said.err}`);
}

/** What a script sees. */
function answers({ code, out }: { readonly code: number; readonly out: string }): unknown {
  return { code, out };
}

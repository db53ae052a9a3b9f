import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { runGyre } from "./fixtures/run-gyre.ts";
import type { Ran } from "./fixtures/run-gyre.ts";
import { writeSmallProject } from "./fixtures/small-project.ts";
import { startGyre } from "./fixtures/start-gyre.ts";
import type { StartedGyre } from "./fixtures/start-gyre.ts";

// One system for all: each test goes on where the one before ended, as a person would.
describe("the command line beside a running server", async () => {
  const folder = await temporaryFolder();
  let started: StartedGyre | undefined;
  let approver = "";
  const gyre = (...words: string[]): Promise<Ran> => runGyre(words, { folder });
  const json = async (...words: string[]): Promise<ReturnType<typeof JSON.parse>> => {
    const { code, stdout, stderr } = await gyre(...words, "--json");
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };

  before(async () => {
    writeSmallProject(folder);
    started = await startGyre(folder);
  });
  after(async () => void (await started?.stop("SIGTERM")));

  it("gyre up says where it is, and a second one that it runs there already", async () => {
    const again = await json("up");
    assert.deepEqual(
      { url: again.url, pid: again.pid, isNew: again.isNew },
      { url: started?.greeting.url, pid: started?.greeting.pid, isNew: false },
    );
  });

  it("gyre up has made the project of the folder known, and gyre apply changes nothing", async () => {
    const applied = await json("apply");
    assert.deepEqual(
      {
        version: applied.charterVersion,
        changed: applied.changed,
        isNew: applied.datasets.map((one: { isNew: boolean }) => one.isNew),
      },
      { version: 1, changed: [], isNew: [false] },
    );
    const { stdout } = await gyre("data");
    assert.match(stdout, /^version +state +rows .*\nmessages@1 +usable +60 /);
    assert.match((await gyre("data", "messages@1")).stdout, /Columns\n.*\n {2}message_id +text/);
  });

  it("gyre run tells each step and its lines, and ends with a table of reasons", async () => {
    const { code, stdout, stderr } = await gyre("run");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^count \| counting$/m);
    assert.match(stderr, /^report \| succeeded$/m);
    assert.match(
      stdout,
      /^stage +result +took +why\ncount +succeeded .*\nreport +succeeded .*\n\nMetrics: accuracy 0\.5\n$/,
    );
  });

  it("gyre verify runs cached stages again on the server, and can be left and found again", async () => {
    const { code, stdout, stderr } = await gyre("verify");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^Started ver_\w+: 2 stages\. It goes on without you/m);
    assert.match(
      stdout,
      /^ver_\w+ is finished: 2 of 2 stages\.\n[^]*count +reproducible[^]*report +reproducible/,
    );
    const begun = await json("verify", "count", "--no-wait");
    const found = await json("verify", "--show", begun.id);
    assert.deepEqual([found.id, found.state, found.done], [begun.id, "finished", 1]);
    const [newest] = await json("verify", "--list");
    assert.equal(newest.id, begun.id);
    assert.equal((await gyre("verify", "--show", "ver_nothing")).code, 4);
  });

  it("gyre run takes what has not changed from the cache, and gyre why names what has", async () => {
    const again = await json("run");
    assert.deepEqual(
      again.steps.map((step: { state: string }) => step.state),
      ["cached", "cached"],
    );
    writeFileSync(join(folder, "params.yaml"), "accuracy: 0.6\n");
    const { code, stdout } = await gyre("why", "report");
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^report would run: The parameter accuracy in params\.yaml changed from 0\.5 to 0\.6/,
    );
    assert.equal((await gyre("why", "reprot")).code, 4);
  });

  it("gyre run -p sets a value for one run only, and --pull brings the reports", async () => {
    const { code, stdout } = await gyre("run", "-p", "accuracy=0.75", "--pull");
    assert.equal(code, 0);
    assert.match(stdout, /Metrics: accuracy 0\.75/);
    assert.deepEqual(JSON.parse(readFileSync(join(folder, "metrics.json"), "utf8")), { accuracy: 0.75 });
    assert.equal(readFileSync(join(folder, "params.yaml"), "utf8"), "accuracy: 0.6\n");
  });

  it("gyre run ends with 5 when a step fails, and shows its last lines", async () => {
    const { code, stdout, stderr } = await gyre("run", "-p", "accuracy=broken");
    assert.equal(code, 5);
    assert.match(stdout, /^report +failed /m);
    assert.match(
      stderr,
      /error\[execution_failed\]: The stage "report" failed: .*\n {2}\| the report cannot be written\nnext: /,
    );
  });

  it("gyre diff sets two runs of the pipeline side by side", async () => {
    const runs = await json("runs", "--where", "tags.gyre.stage=report", "--where", "status=FINISHED");
    assert.ok(runs.length >= 2);
    const [after, before] = runs.map((run: { tags: Record<string, string> }) => run.tags["gyre.execution"]);
    const { parts } = await json("diff", before, after);
    const metrics = parts.find((part: { name: string }) => part.name === "Metrics").rows;
    assert.deepEqual(metrics, [
      { key: "accuracy", before: "0.5", after: "0.75", differs: true, change: "+0.25 (+50 %)" },
    ]);
  });

  it("gyre release shows the gates as they are judged, and waits for another person", async () => {
    const { code, stdout, stderr } = await gyre("release", "shop@1");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^gate +verdict +value +interval +n +bound\nrecall +passed +1 .* 30 +0\.85\n$/);
    assert.match(stderr, /Next, by somebody other than its author: gyre approve rel_/);
  });

  it("gyre approve refuses the author with 3, and takes another person's token", async () => {
    const [release] = await json("releases", "--where", "state=awaiting_approval");
    const own = await gyre("approve", release.id);
    assert.equal(own.code, 3);
    assert.match(own.stderr, /^error\[approval_by_author\]/);

    const added = await gyre("people", "add", "ada", "--role", "approver");
    approver = added.stdout.trim();
    assert.match(approver, /^gyre_/);
    const variables = { GYRE_TOKEN: approver };
    const approved = await runGyre(["approve", release.id, "--note", "read", "--json"], {
      folder,
      variables,
    });
    assert.equal(approved.code, 0, approved.stderr);
    assert.deepEqual(
      JSON.parse(approved.stdout).approvals.map(({ note }: { note: string }) => note),
      ["read"],
    );
    assert.match((await gyre("releases", release.id)).stdout, /approvals +1 of 1, ada: read/);
  });

  it("gyre release of what is live already, or of nothing, is told by its exit code", async () => {
    assert.deepEqual(
      [
        (await gyre("release", "shop")).code,
        (await gyre("release", "shop@99")).code,
        (await gyre("approve", "rel_0")).code,
      ],
      [2, 4, 4],
    );
  });

  it("gyre predict answers a CSV, JSON lines and one object, and gyre trace tells where from", async () => {
    await untilFound("deployments", "--where", "state=ready");
    writeFileSync(join(folder, "ask.csv"), 'text\n"my bag, again, is lost"\nthank you\n');
    const batch = await json("predict", "shop", "ask.csv");
    assert.deepEqual(
      batch.map(({ label, decision }: { label: string; decision: boolean }) => ({ label, decision })),
      [
        { label: "negative", decision: true },
        { label: "positive", decision: false },
      ],
    );
    const one = await runGyre(["predict", "shop", "-"], { folder, input: '{"text":"so late"}' });
    assert.match(
      one.stdout,
      /^prediction +label +decision +probabilities\nprd_\S+ +negative +yes +negative 0\.8, positive 0\.2\n$/,
    );

    const { code, stdout } = await gyre("trace", batch[0].predictionId);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /├─ said negative: score 0\.8, decision yes\n├─ asked with\n│ {2}└─ text: my bag, again, is lost\n/,
    );
    assert.match(stdout, /│ {2}├─ approved by ada, .*: read\n/);
    assert.match(stdout, /└─ model shop@1 \(rule, /);
    assert.equal((await gyre("trace", "prd_0")).code, 4);
  });

  it("gyre release --wait stays until the end, and ends with 3 when it was declined", async () => {
    const text = readFileSync(join(folder, "baseline.yaml"), "utf8");
    writeFileSync(join(folder, "baseline.yaml"), text.replace("[lost, late]", "[lost, late, never]"));
    await json("apply");
    const waiting = gyre("release", "shop@2", "--wait", "--json");
    const release = await untilFound("releases", "--where", "number=2", "--where", "state=awaiting_approval");
    const variables = { GYRE_TOKEN: approver };
    const words = ["decline", release.id, "--reason", "never is no word"];
    assert.equal((await runGyre(words, { folder, variables })).code, 0);
    const { code, stderr } = await waiting;
    const { next, message, data } = JSON.parse(stderr);
    assert.deepEqual(
      { code, next, message, data },
      {
        code: 3,
        next: `See it with: gyre releases ${release.id}`,
        message: "The release of shop@2 was declined: never is no word.",
        data: { release: release.id, state: "declined", failed: [] },
      },
    );
  });

  it("gyre audit lists what happened and verifies the chain beside the server", async () => {
    const { stdout } = await gyre("audit", "--kind", "release.approved");
    assert.match(stdout, /^seq +when +who +what .*\n +\d+ .* ada +release\.approved /);
    assert.equal((await gyre("audit", "verify")).code, 0);
  });

  it("gyre login stores a token that the server accepts, for its owner only", async () => {
    const wrong = await runGyre(["login"], { folder, input: "gyre_wrong\n" });
    assert.equal(wrong.code, 3);
    const home = await temporaryFolder();
    const variables = { HOME: home, GYRE_URL: started?.greeting.url ?? "" };
    const right = await runGyre(["login"], { folder: home, input: `${approver}\n`, variables });
    assert.match(right.stdout, /as ada \(approver everywhere\)\.\n$/);
    const file = join(home, ".config", "gyre", "logins.json");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    // An approver may not add people: the stored token is the one that was sent.
    const refused = await runGyre(["people", "add", "bob"], { folder: home, variables });
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /^error\[permission_denied\]/);
  });

  it("gyre doctor finds the server and its database well", async () => {
    const findings = (await json("doctor")).filter(({ subject }: { subject: string }) =>
      ["server", "database", "ports"].includes(subject),
    );
    assert.deepEqual(
      findings.map(({ verdict }: { verdict: string }) => verdict),
      ["ok", "ok", "ok"],
    );
  });

  it("gyre up ends with 0 at a signal, and takes its address along", async () => {
    assert.equal(await started?.stop("SIGINT"), 0);
    assert.ok(!existsSync(join(folder, ".gyre", "server.json")));
    assert.match((await gyre("releases")).stderr, /server_not_running/);
    // The ledger is verified without it.
    assert.equal((await gyre("audit", "verify")).code, 0);
  });

  async function untilFound(...words: string[]): Promise<ReturnType<typeof JSON.parse>> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const [found] = await json(...words);
      if (found !== undefined) return found;
    }
    return assert.fail(`gyre ${words.join(" ")} never found anything`);
  }
});

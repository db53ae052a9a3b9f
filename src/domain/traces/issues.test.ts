import assert from "node:assert/strict";
import { it } from "node:test";

import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import type { OpenTestDatabase } from "#kernel/testing";

import type { NewIssue } from "./issues.ts";
import { actor, buildTraces, feedback, startMs, testMigrations } from "./test-traces.ts";

async function openIssues(open: OpenTestDatabase) {
  const kernel = await createTestKernel({ db: await open(), migrations: testMigrations, startMs });
  const test = await buildTraces(kernel);
  const create = (name: string, given: Partial<NewIssue> = {}) =>
    test.traces.commands.createIssue({
      issue: {
        experimentId: test.experiment.id,
        name,
        description: `about ${name}`,
        status: "pending",
        severity: null,
        rootCauses: [],
        categories: [],
        sourceRunId: null,
        createdBy: null,
        ...given,
      },
      actor,
    });
  const page = (
    filter: string,
    more: { byTraces?: boolean; limit?: number; pageToken?: string | undefined } = {},
  ) =>
    test.traces.searchIssues({
      experimentIds: [test.experiment.id],
      filter,
      byTraces: false,
      limit: 10,
      pageToken: undefined,
      ...more,
    });
  const find = async (filter: string, more: object = {}) =>
    (await page(filter, more)).items.map((one) => one.name);
  return { ...test, create, page, find };
}

describeOnEveryEngine("issues of traces", (open) => {
  it("are kept as they were named, and changed in words that there are", async () => {
    const { traces, create, clock, experiment, ledger } = await openIssues(open);
    const made = await create("slow", { severity: "high", rootCauses: ["disk"], categories: ["latency"] });
    assert.deepEqual(made, {
      id: made.id,
      experimentId: experiment.id,
      project: "care",
      name: "slow",
      description: "about slow",
      status: "pending",
      severity: "high",
      rootCauses: ["disk"],
      categories: ["latency"],
      sourceRunId: null,
      createdBy: null,
      createdAtMs: startMs,
      updatedAtMs: startMs,
      traces: 0,
    });
    clock.advanceMs(3);
    const { changeIssue } = traces.commands;
    const changed = await changeIssue({
      id: made.id,
      change: { status: "resolved", severity: "low" },
      actor,
    });
    assert.deepEqual(changed, { ...made, status: "resolved", severity: "low", updatedAtMs: startMs + 3 });
    await assert.rejects(
      changeIssue({ id: made.id, change: { status: "odd" }, actor }),
      /Invalid issue status/,
    );
    await assert.rejects(traces.getIssue("iss-none"), { code: "issue_not_found" });
    const events = await ledger.list({ subject: made.id });
    assert.deepEqual(
      events.map((event) => event.kind),
      ["issue.created", "issue.changed"],
    );
  });

  it("are found the most severe first, by state and run, in pages, with the traces that have them", async () => {
    const { traces, create, find, page, record, clock } = await openIssues(open);
    const low = await create("low", { severity: "low", sourceRunId: "r1" });
    clock.advanceMs(1);
    await create("none", { status: "rejected" });
    clock.advanceMs(1);
    await create("high", { severity: "high" });
    clock.advanceMs(1);
    await create("low too", { severity: "low" });
    assert.deepEqual(await find(""), ["high", "low too", "low", "none"]);
    for (const id of ["t1", "t2"]) {
      await record(id);
      const issue = { ...feedback(low.id, { issue_name: "low" }), kind: "issue" as const };
      await traces.commands.createAssessment({ traceId: id, assessment: issue, actor });
    }
    assert.deepEqual(await find("", { byTraces: true }), ["high", "low", "low too", "none"]);
    assert.equal((await traces.getIssue(low.id)).traces, 2);
    assert.deepEqual(await find("status != 'pending'"), ["none"]);
    assert.deepEqual(await find("status = 'pending' and source_run_id = 'r1'"), ["low"]);
    const first = await page("", { limit: 3 });
    const second = await page("", { limit: 3, pageToken: first.nextPageToken });
    assert.deepEqual(
      [...first.items, ...second.items].map((one) => one.name),
      ["high", "low too", "low", "none"],
    );
    assert.equal(second.nextPageToken, undefined);
    for (const [filter, message] of [
      ["name = 'x'", /Invalid filter field 'name'/],
      ["status like 'x'", /Invalid comparator 'LIKE'/],
      ["status = 1", /Expected a quoted string/],
      ["status = 'a' or status = 'b'", /Invalid clause/],
      ["status = 'a' and", /Invalid clause/],
    ] as const)
      await assert.rejects(find(filter), message);
  });
});

import { writeSync, openSync } from "node:fs";
import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";

import type { CaseEvent } from "./cases.ts";

// A reporter of node:test that writes one JSON line per finished case to the file named by
// GYRE_TEST_EVENTS. It writes at once, because a test file may also end by a crash.

// Longer than any pause between two tests of a file that is still loading.
const stuckAfterMs = Number(process.env["GYRE_TEST_STUCK_AFTER_MS"] ?? 20_000);

/** Node gives a reporter the events of one test file, in the process of that file. */
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const target = openSync(process.env["GYRE_TEST_EVENTS"] ?? "/dev/null", "a");
  const write = (event: CaseEvent): void => void writeSync(target, `${JSON.stringify(event)}\n`);
  const path: string[] = [];
  let open = 0;
  let stuck: NodeJS.Timeout | undefined;
  for await (const event of source) {
    clearTimeout(stuck);
    if (event.type === "test:enqueue") open++;
    if (event.type === "test:complete") open--;
    if (event.type === "test:start") path.splice(event.data.nesting, path.length, event.data.name);
    if (event.type === "test:pass" || event.type === "test:fail") {
      write(readCase(event, path.slice(0, event.data.nesting)));
    }
    if (open === 0) stuck = setTimeout(() => giveUp(write), stuckAfterMs).unref();
  }
  clearTimeout(stuck);
  yield "";
}

type FinishedTest = Extract<TestEvent, { type: "test:pass" | "test:fail" }>;

function readCase(event: FinishedTest, parents: readonly string[]): CaseEvent {
  const { data } = event;
  const name = [...parents, data.name].join(" › ");
  const { duration_ms: durationMs } = data.details;
  const isSuite = data.details.type === "suite";
  if (event.type === "test:fail") {
    // Expected to fail one day, and said so: node:test does not count it as a failure either.
    if (data.todo !== undefined && data.todo !== false) return skipped(name, durationMs, "todo");
    const { error } = event.data.details;
    // A suite or a parent whose own cases failed says nothing new.
    const isEcho = "failureType" in error && error.failureType === "subtestsFailed";
    if (!isEcho) return { name, durationMs, outcome: "failed", message: describeError(error) };
    return { name, durationMs, outcome: "parent" };
  }
  if (data.skip !== undefined && data.skip !== false) {
    return skipped(name, durationMs, typeof data.skip === "string" ? data.skip : "");
  }
  return { name, durationMs, outcome: isSuite ? "parent" : "passed" };
}

function skipped(name: string, durationMs: number, message: string): CaseEvent {
  return { name, durationMs, outcome: "skipped", message };
}

function describeError(error: Error): string {
  const cause = error.cause ?? error;
  return cause instanceof Error ? inspect(cause, { depth: 4, colors: false }) : String(cause);
}

/** Node waits for ever for what a test left open; naming it is of more use. */
function giveUp(write: (event: CaseEvent) => void): void {
  const open = [...new Set(process.getActiveResourcesInfo())].join(", ");
  write({
    name: "the process ends after its last test",
    durationMs: stuckAfterMs,
    outcome: "failed",
    message: `All tests ended ${stuckAfterMs / 1000} seconds ago, but something keeps the process alive: ${open}.`,
  });
  process.exit(1);
}

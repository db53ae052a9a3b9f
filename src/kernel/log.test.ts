import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createManualClock } from "./clock.ts";
import { defineProblems, Problem } from "./errors.ts";
import { createLog } from "./log.ts";
import type { Log, LogOptions } from "./log.ts";

function recordingLog(options: LogOptions = {}): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const clock = createManualClock(Date.UTC(2027, 2, 31, 12, 0, 5));
  return {
    lines,
    log: createLog({ form: "json", clock, write: (line) => void lines.push(line), ...options }),
  };
}

describe("the log", () => {
  it("writes one line of JSON per fact, with the scope it was given", () => {
    const { log, lines } = recordingLog();
    log
      .scoped({ request: "r1" })
      .scoped({ run: "x" })
      .info("a step ended", { durationMs: 12, text: "two\nlines" });
    assert.deepEqual(lines, [
      '{"at":"2027-03-31T12:00:05.000Z","level":"info","message":"a step ended","request":"r1","run":"x","durationMs":12,"text":"two\\nlines"}\n',
    ]);
  });

  it("leaves out what lies below its level", () => {
    const { log, lines } = recordingLog({ level: "warn" });
    log.info("not this");
    log.warn("this");
    assert.equal(lines.length, 1);
  });

  it("never prints secrets, by their name or in a text", () => {
    const { log, lines } = recordingLog();
    log.info("connected to postgres://gyre:hunter2@localhost/gyre", {
      accessToken: "hunter2",
      nested: [{ db_password: "hunter2", header: "Bearer hunter2hunter2" }],
      error: new Error("https://user:hunter2@example.org refused"),
      tokens: 7,
    });
    assert.equal(lines.join("").includes("hunter2"), false);
    assert.equal(lines.join("").includes('"tokens":7'), true);
  });

  it("shows a problem with its code and next step, for people on lines of their own", () => {
    const { lamp_out } = defineProblems({ lamp_out: { kind: "failed", when: "", next: "Change the bulb." } });
    const { log, lines } = recordingLog({ form: "human" });
    log.info("lamp checked", { error: new Problem(lamp_out, { message: "The lamp is dark." }) });
    assert.deepEqual(lines, [
      "12:00:05 lamp checked\n  lamp_out: The lamp is dark.\n  next: Change the bulb.\n",
    ]);
  });
});

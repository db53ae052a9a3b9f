import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { digestOf } from "#kernel/digest";

import type { OpenTarget } from "./subject.ts";

export function describeCommands(get: () => OpenTarget): void {
  describe("commands", { concurrency: 3 }, () => {
    it("that end well are a success, each announced in the log", async () => {
      const { log, ...status } = await get().run({ commands: ["echo one", "echo two"] });
      assert.equal(log, "> echo one\none\n> echo two\ntwo\n");
      const { state, exitCode, signal, command, endedEarly, failure, outs } = status;
      assert.deepEqual(
        { state, exitCode, signal, command, endedEarly, failure, outs },
        {
          state: "succeeded",
          exitCode: 0,
          signal: null,
          command: 1,
          endedEarly: null,
          failure: null,
          outs: [],
        },
      );
      assert.ok(Number(status.startedAtMs) <= Number(status.endedAtMs));
    });

    it("end the work with the first that fails", async () => {
      const { log, ...status } = await get().run({ commands: ["x=1; exit 3", "echo never"] });
      assert.deepEqual([status.state, status.exitCode, status.command], ["failed", 3, 0]);
      assert.match(status.reason, /exit code 3/);
      assert.doesNotMatch(log, /never/);
    });

    it("that are not found end with 127", async () => {
      const { exitCode, log } = await get().run({ commands: ["gyre-no-such-program"] });
      assert.equal(exitCode, 127);
      assert.match(log, /not found/);
    });

    it("each have a shell of their own", async () => {
      const { log } = await get().run({ commands: ["cd / && x=5", 'echo "${x-unset} $PWD"'] });
      assert.match(log, /\nunset \/.+\n$/);
    });

    it("ended by a signal tell which", async () => {
      const { state, exitCode, signal } = await get().run({ commands: ["kill -KILL $$"] });
      assert.deepEqual([state, exitCode, signal], ["failed", null, "SIGKILL"]);
    });

    it("see their variables, with every sign in them, and no secret of whoever runs them", async () => {
      const variables = { PLAIN: "1", SIGNS: `a 'b' "c" $d \`e\` \\f\nüñí 🦊`, EMPTY: "" };
      const { log } = await get().run({
        commands: [`python3 -c 'import json, os; print(json.dumps(dict(os.environ)))'`],
        variables,
      });
      const seen: Record<string, string> = JSON.parse(log.split("\n")[1] ?? "");
      assert.deepEqual({ PLAIN: seen["PLAIN"], SIGNS: seen["SIGNS"], EMPTY: seen["EMPTY"] }, variables);
      assert.deepEqual(
        Object.keys(seen).filter((name) => /TOKEN|SECRET|PASSWORD|GYRE_/i.test(name)),
        [],
      );
      assert.deepEqual([seen["LANG"], seen["TZ"]], ["C.UTF-8", "UTC"]);
    });

    it("have a home of their own, which is empty", async () => {
      const { log } = await get().run({ commands: ['cd "$HOME" && find . && touch here'] });
      assert.match(log, /\n\.\n$/);
    });

    it("print in order, whichever stream they use", async () => {
      const program = 'for i in $(seq 300); do echo "out $i"; echo "err $i" >&2; done';
      const { log } = await get().run({ commands: [program] });
      const expected = Array.from({ length: 300 }, (_, index) => `out ${index + 1}\nerr ${index + 1}\n`);
      assert.equal(log, `> ${program}\n${expected.join("")}`);
    });

    it("can be followed by a cursor while they run, without a hole and without a repetition", async () => {
      const { submit, target, running } = get();
      const handle = await submit({ commands: ["for i in $(seq 60); do echo zeile-ü-$i; sleep 0.05; done"] });
      await running(handle);
      let [text, reads] = ["", 0];
      for (let cursor: string | undefined; ;) {
        const part = await target.logs(handle, cursor);
        if (part.text !== "") reads++;
        text += part.text;
        cursor = part.cursor;
        if (part.isComplete) break;
        if (part.text === "") await target.poll(handle, { waitMs: 100 });
      }
      const expected = Array.from({ length: 60 }, (_, index) => `zeile-ü-${index + 1}\n`).join("");
      assert.equal(text.slice(text.indexOf("\n") + 1), expected);
      assert.ok(reads > 1, "it was read while it grew");
      assert.equal((await target.logs(handle, "0")).text, text);
    });

    it("may print a lot: all of it arrives", async () => {
      const { log } = await get().run({ commands: ["seq 700000"] });
      const expected = Array.from({ length: 700_000 }, (_, index) => `${index + 1}\n`).join("");
      assert.equal(digestOf(log), digestOf(`> seq 700000\n${expected}`));
    });

    it("that print more than their log may hold are ended at its limit", async () => {
      const { log, state, endedEarly } = await get().run({
        commands: ["yes 0123456789"],
        maximumLogBytes: 300_000,
      });
      assert.deepEqual([state, endedEarly, log.length], ["failed", "log_limit", 300_000]);
    });

    it("take what they left running with them", async () => {
      const { run, shared } = get();
      await run({ commands: [`sleep 300 & echo $! > ${shared}/left`] });
      const { log } = await run({ commands: [`kill -0 $(cat ${shared}/left) 2>&1 || echo gone`] });
      assert.match(log, /gone\n$/);
    });

    it("of several works at once do not mix", async () => {
      const { run } = get();
      const works = await Promise.all(
        [1, 2, 3, 4].map((number) =>
          run({
            commands: [`for i in $(seq 20); do echo ${number}; sleep 0.01; done; echo ${number} > out`],
            outs: ["out"],
          }),
        ),
      );
      for (const [index, { log, state, outs }] of works.entries()) {
        const number = String(index + 1);
        assert.deepEqual(new Set(log.trim().split("\n").slice(1)), new Set([number]));
        assert.deepEqual([state, outs[0]?.digest], ["succeeded", digestOf(`${number}\n`)]);
      }
    });
  });
}

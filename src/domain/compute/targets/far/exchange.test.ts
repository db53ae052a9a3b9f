import assert from "node:assert/strict";
import { describe, it as nodeIt } from "node:test";

import { digestOf } from "#kernel/digest";
import { createServer } from "#kernel/http";
import { silentLog } from "#kernel/log";
import { createTestKernel } from "#kernel/testing";

import { createCompute } from "../../index.ts";
import { usualSpec } from "../conformance/subject.ts";
import type { WorkSpec } from "../contract.ts";
import { createTargets } from "../module.ts";
import { migrations } from "../store.ts";
import type { Start } from "./performer.ts";
import { createTestLauncher } from "./test-launcher.ts";

/** Work whose program is this test. */
async function open() {
  const kernel = await createTestKernel({ migrations });
  const starts: Start[] = [];
  const launcher = {
    ...createTestLauncher(4),
    launch: async (start: Start) => void starts.push(start),
    inspect: async () => ({ phase: "running", reason: "" }) as const,
  };
  const targets = createTargets({
    ...kernel,
    compute: createCompute({ clock: kernel.clock, cacheFolder: kernel.folder }),
    settings: [{ name: "far", kind: "ray", url: "http://127.0.0.1:1", can_grow: false }],
    launcherFor: () => launcher,
    stateFolder: kernel.folder,
    serverUrl: () => "http://127.0.0.1:1",
  });
  const server = createServer({
    routes: targets.routes,
    authenticate: async () => undefined,
    authorise: async () => {},
    requiresSignIn: true,
    clock: kernel.clock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });
  const target = targets.find("far");
  let keys = 0;
  const submit = async (spec: Partial<WorkSpec> = {}) => {
    const order = { idempotencyKey: `k${++keys}`, owner: "o", project: "p", label: "l", graceMs: 1_000 };
    const handle = await target.submit({ ...usualSpec, ...spec }, order);
    const start = starts.at(-1);
    const token = start?.variables["GYRE_WORK_TOKEN"] ?? "";
    const call = async (
      method: "GET" | "PUT" | "POST",
      path: string,
      body?: string | Buffer | object,
      shown = token,
    ) => {
      const answer = await server.inject({
        method,
        url: `/api/v1/compute/work/${handle.work}${path}`,
        headers: { "x-gyre-work-token": shown, host: "127.0.0.1" },
        ...(body === undefined ? {} : { body }),
      });
      const json = answer.text.startsWith("{") ? JSON.parse(answer.text) : undefined;
      return { status: answer.status, code: json?.code as string | undefined, json, bytes: answer.bytes };
    };
    return { handle, token, call };
  };
  return { ...kernel, target, submit };
}

const ended = { ended: "exited", exitCode: 0, signal: null, command: 0, outs: [], problem: null };

describe("the exchange with work elsewhere", () => {
  const it = (name: string, test: (house: Awaited<ReturnType<typeof open>>) => Promise<void>): void =>
    void nodeIt(name, async () => await test(await open()));

  it("opens to the work's own token alone", async (house) => {
    const [one, other] = [await house.submit(), await house.submit()];
    assert.equal((await one.call("GET", "")).status, 200);
    for (const token of ["", other.token, `${one.token}x`, digestOf(one.token)]) {
      const { status, code } = await one.call("GET", "", undefined, token);
      assert.deepEqual([status, code], [401, "work_token_invalid"]);
    }
  });

  it("gives the inputs of the work and nothing else", async (house) => {
    const { blobs, submit } = house;
    const input = await blobs.put(Buffer.from("input"));
    const secret = await blobs.put(Buffer.from("of somebody else"));
    const { call } = await submit({ inputs: [{ path: "in", ...input, executable: false }] });
    assert.equal((await call("GET", `/inputs/${input.digest}`)).bytes.toString(), "input");
    for (const digest of [secret.digest, "0".repeat(64), "../../secret"]) {
      const { status } = await call("GET", `/inputs/${encodeURIComponent(digest)}`);
      assert.ok(status === 403 || status === 400 || status === 404, String(status));
    }
  });

  it("takes bytes only under their own digest", async (house) => {
    const { call } = await house.submit();
    const wrong = await call("PUT", `/bytes/${digestOf("other")}`, Buffer.from("bytes"));
    assert.equal(wrong.code, "blob_corrupt");
    const right = await call("PUT", `/bytes/${digestOf("bytes")}`, Buffer.from("bytes"));
    assert.deepEqual(right.json, { digest: digestOf("bytes"), sizeBytes: 5 });
  });

  it("does not give somebody's bytes to who only knows their digest", async (house) => {
    const { blobs, submit, target } = house;
    const secret = await blobs.put(Buffer.from("of somebody else"));
    const { call, handle } = await submit({ checkpoint: { path: "c", restore: null } });
    const claimed = { kind: "file", path: "out", digest: secret.digest, sizeBytes: secret.sizeBytes };
    const end = await call("POST", "/end", { ...ended, outs: [claimed] });
    assert.deepEqual([end.status, end.code], [403, "work_transfer_refused"]);
    const files = [{ path: "x", digest: secret.digest, sizeBytes: secret.sizeBytes, executable: false }];
    assert.equal((await call("PUT", "/checkpoint", { files })).code, "work_transfer_refused");
    assert.equal((await target.poll(handle)).state, "queued");
  });

  it("refuses paths that leave the folder", async (house) => {
    const { call } = await house.submit({ checkpoint: { path: "c", restore: null } });
    for (const path of ["../x", "/etc/passwd", "a/../../b", "a\\b", ""]) {
      const files = [{ path, digest: "0".repeat(64), sizeBytes: 0, executable: false }];
      assert.equal((await call("PUT", "/checkpoint", { files })).status, 400, path);
    }
  });

  it("appends each part of a log once, however often it comes", async (house) => {
    const { call, handle } = await house.submit();
    const send = async (from: number, text: string) =>
      await call("POST", `/log?from=${from}`, Buffer.from(text));
    assert.equal((await send(0, "eins ")).json.nextByte, 5);
    assert.equal((await send(0, "eins ")).json.nextByte, 5);
    assert.equal((await send(3, "s zwei")).json.nextByte, 9);
    const gap = await send(20, "weit weg");
    assert.deepEqual([gap.status, gap.code, gap.json.data.nextByte], [409, "work_log_gap", 9]);
    const together = await Promise.all([send(9, " drei"), send(9, " drei")]);
    assert.deepEqual(
      together.map(({ json }) => json.nextByte),
      [14, 14],
    );
    assert.equal((await house.target.logs(handle)).text, "eins zwei drei");
  });

  it("ends with the work: its token opens nothing any more, and what it saw is forgotten", async (house) => {
    const { call, handle } = await house.submit({ variables: { KEY: "hush" } });
    const row = async () =>
      await house.db.query
        .selectFrom("compute_work")
        .selectAll()
        .where("id", "=", handle.work)
        .executeTakeFirstOrThrow();
    assert.equal((await call("GET", "")).json.variables.KEY, "hush");
    assert.doesNotMatch(JSON.stringify(await row()), /hush|KEY/);
    assert.equal((await call("POST", "/end", ended)).status, 204);
    assert.equal((await house.target.poll(handle)).state, "succeeded");
    for (const path of ["", "/inputs/x"]) assert.equal((await call("GET", path)).status, 401);
    const again = await call("POST", "/end", { ...ended, exitCode: 1 });
    assert.equal(again.status, 401);
    assert.equal((await row()).sealed_variables, null);
  });

  it("still says what work sees that an earlier server handed over in clear, and what is sealed for that work alone", async (house) => {
    const [one, other] = [
      await house.submit({ variables: { KEY: "one" } }),
      await house.submit({ variables: { KEY: "other" } }),
    ];
    const keep = async (work: string, change: { spec?: string; sealed_variables: string | null }) =>
      await house.db.query.updateTable("compute_work").set(change).where("id", "=", work).execute();
    const { sealed_variables } = await house.db.query
      .selectFrom("compute_work")
      .selectAll()
      .where("id", "=", other.handle.work)
      .executeTakeFirstOrThrow();
    await keep(one.handle.work, { sealed_variables });
    const swapped = await one.call("GET", "");
    assert.deepEqual([swapped.status, swapped.code], [409, "secret_unreadable"]);
    const spec = JSON.stringify({ ...usualSpec, variables: { KEY: "plain" } });
    await keep(one.handle.work, { spec, sealed_variables: null });
    assert.equal((await one.call("GET", "")).json.variables.KEY, "plain");
  });

  it("hides the secrets that the work prints, also those that come in two parts, and loses nothing", async (house) => {
    const { call, handle } = await house.submit({
      variables: { TOKEN: "hushed-token", PLAIN: "plain-value" },
      secretVariables: ["TOKEN"],
    });
    const text = "a hushed-token, plain-value, hushed-toke\nhushed-token hushed-tok";
    let sizeBytes = 0;
    for (const [round, size] of [13, 17, 29, 64].entries()) {
      // As the program of the work does: what was not taken is sent again, with what came after it.
      for (let sent = 0; sent < text.length;) {
        const answer = await call(
          "POST",
          `/log?from=${sizeBytes + sent}`,
          Buffer.from(text.slice(sent, sent + size)),
        );
        const taken = answer.json.nextByte - sizeBytes - sent;
        assert.ok(taken > 0, "it gets on");
        sent += taken;
      }
      sizeBytes += text.length;
      const { text: log } = await house.target.logs(handle);
      const hidden = "a ************, plain-value, hushed-toke\n************ hushed-tok";
      assert.equal(log, hidden.repeat(round + 1), `in parts of ${size}`);
    }
  });

  it("tells the work to stop with its next beat", async (house) => {
    const { call, handle } = await house.submit();
    const beat = async () => (await call("POST", "/beat", { phase: "running", says: "" })).json.stopGraceMs;
    assert.equal(await beat(), null);
    await house.target.cancel(handle, 7_000);
    assert.equal(await beat(), 7_000);
    await call("POST", "/end", { ...ended, ended: "stopped", exitCode: null, signal: "SIGTERM" });
    assert.equal((await house.target.poll(handle)).state, "cancelled");
  });
});

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";

import { createAnalyst } from "#kernel/columnar";
import { createServer } from "#kernel/http";
import { createTestKernel } from "#kernel/testing";

import { createTracking, migrations } from "./index.ts";

const startMs = Date.UTC(2027, 0, 1);
const base = "/api/v1/projects/care/runs";

async function openServer() {
  const kernel = await createTestKernel({ migrations, startMs });
  const analyst = createAnalyst({ folder: join(kernel.folder, "analyst") });
  after(() => analyst.stop());
  const tracking = createTracking({ ...kernel, analyst, isProject: async () => false });
  let visitor = "usr_ada";
  const server = createServer({
    routes: tracking.routes,
    authenticate: async () => ({ id: visitor, name: "Ada", kind: "person", via: "local" }),
    authorise: async () => {},
    clock: kernel.clock,
    log: kernel.log,
    host: "127.0.0.1",
    port: 0,
  });
  const run = async (name: string, auc: number, depth: string, project = "care"): Promise<string> => {
    const made = await tracking.commands.createRun({ project, name, actor: "usr_ada", startedAtMs: startMs });
    await tracking.commands.logBatch({
      runId: made.id,
      metrics: [{ key: "auc", value: auc, step: 0, atMs: startMs }],
      params: [{ key: "depth", value: depth }],
    });
    return made.id;
  };
  const get = async (url: string): Promise<unknown> => (await server.inject({ url })).json();
  const send = async (method: "POST" | "PUT" | "DELETE", url: string, body: object): Promise<unknown> =>
    (await server.inject({ method, url, body })).json();
  const visitAs = (id: string): void => {
    visitor = id;
  };
  return { ...kernel, server, tracking, analyst, run, get, send, visitAs };
}

describe("the routes of runs", () => {
  it("list a page with the chosen columns and the cursor of the next", async () => {
    const { run, get } = await openServer();
    const ids = [await run("a", 0.7, "3"), await run("b", Number.NaN, "4"), await run("c", 0.9, "5")];
    const url = `${base}?order=metrics.auc%20DESC&fields=metrics.auc&limit=2&total=true`;
    const row = {
      experimentId: "1",
      status: "running",
      startedAtMs: startMs,
      endedAtMs: null,
      actor: "usr_ada",
      userName: "",
      params: {},
      tags: {},
    };
    const first = await get(url);
    assert.ok(
      typeof first === "object" && first !== null && "cursor" in first && typeof first.cursor === "string",
    );
    assert.deepEqual(first, {
      cursor: first.cursor,
      total: 3,
      runs: [
        { ...row, id: ids[2], name: "c", metrics: { auc: 0.9 } },
        { ...row, id: ids[0], name: "a", metrics: { auc: 0.7 } },
      ],
    });
    assert.deepEqual(await get(`${url}&cursor=${first.cursor}`), {
      cursor: null,
      total: 3,
      runs: [{ ...row, id: ids[1], name: "b", metrics: { auc: null } }],
    });
  });

  it("set runs side by side and mark what differs", async () => {
    const { run, send } = await openServer();
    const ids = [await run("a", 0.7, "3"), await run("b", 0.7, "4")];
    const compared = await send("POST", `${base}/compare`, { ids });
    assert.ok(
      typeof compared === "object" && compared !== null && "params" in compared && "metrics" in compared,
    );
    assert.deepEqual(compared.params, [{ key: "depth", values: ["3", "4"], differs: true }]);
    assert.deepEqual(compared.metrics, [{ key: "auc", values: [0.7, 0.7], differs: false }]);
  });

  it("give a series whose key holds a slash", async () => {
    const { run, get, tracking } = await openServer();
    const id = await run("a", 0.7, "3");
    const metrics = [1, 2, 3].map((step) => ({
      key: "val/loss",
      value: 1 / step,
      step,
      atMs: startMs + step,
    }));
    await tracking.commands.logBatch({ runId: id, metrics });
    const bucket = (step: number) => {
      const [value, atMs] = [1 / step, startMs + step];
      return {
        fromStep: step,
        toStep: step,
        fromMs: atMs,
        toMs: atMs,
        count: 1,
        min: value,
        max: value,
        last: value,
      };
    };
    const expected = { key: "val/loss", axis: "step", points: 3, buckets: [bucket(1), bucket(2), bucket(3)] };
    assert.deepEqual(await get(`${base}/${id}/series?key=val%2Floss`), expected);
    assert.deepEqual(await get(`${base}/${id}/metrics/val%2Floss`), expected);
  });

  it("show a run only in its own project, with its parent and children", async () => {
    const { server, run, get, tracking } = await openServer();
    const parent = await run("parent", 0.7, "3");
    const child = await tracking.commands.createRun({
      project: "care",
      name: "child",
      parentRunId: parent,
      actor: "usr_ada",
      startedAtMs: startMs,
    });
    const shown = await get(`${base}/${parent}`);
    assert.ok(
      typeof shown === "object" && shown !== null && "children" in shown && Array.isArray(shown.children),
    );
    assert.deepEqual(
      shown.children.map((one: { id: string }) => one.id),
      [child.id],
    );
    const elsewhere = await server.inject({ url: `/api/v1/projects/other/runs/${parent}` });
    assert.equal(elsewhere.status, 404);
    assert.deepEqual(await get(`/api/v1/runs/${parent}`), { id: parent, project: "care", experimentId: "1" });
  });

  it("give several series at once, whole or a stretch of them, with every extreme", async () => {
    const { run, get, tracking } = await openServer();
    const ids = [await run("a", 0.7, "3"), await run("b", 0.7, "3")];
    for (const runId of ids) {
      const metrics = Array.from({ length: 1_000 }, (_, step) => ({
        key: "loss",
        value: step === 613 ? 99 : step === 614 ? -99 : 1,
        step,
        atMs: startMs + step * 10,
      }));
      await tracking.commands.logBatch({ runId, metrics });
    }
    const ask = async (more: string) => {
      const found = await get(`${base}/series?runs=${ids.join(",")}&metrics=loss,auc&points=10&${more}`);
      assert.ok(typeof found === "object" && found !== null && "series" in found);
      assert.ok(Array.isArray(found.series));
      return found.series;
    };
    const whole = await ask("");
    assert.deepEqual(
      whole.map((one) => [one.run, one.key, one.points, one.step.length]),
      [
        [ids[0], "loss", 1_000, 10],
        [ids[0], "auc", 1, 1],
        [ids[1], "loss", 1_000, 10],
        [ids[1], "auc", 1, 1],
      ],
    );
    assert.deepEqual([Math.max(...whole[0].max), Math.min(...whole[0].min)], [99, -99]);
    const [zoomed] = await ask("axis=step&from=610&to=619");
    assert.deepEqual(zoomed.last, [1, 1, 1, 99, -99, 1, 1, 1, 1, 1]);
    const [early] = await ask("axis=relative&from=0&to=90");
    assert.deepEqual([early.axis, early.step], ["time", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  });

  it("change many runs at once, and take it back", async () => {
    const { server, run, get, send } = await openServer();
    const ids = [await run("a", 0.7, "3"), await run("b", 0.7, "4")];
    const foreign = await run("c", 0.7, "4", "other");
    const total = async (query: string) => {
      const found = await get(`${base}?total=true&${query}`);
      return typeof found === "object" && found !== null && "total" in found ? found.total : undefined;
    };
    const tag = { action: "tag", key: "stage", value: "kept" };
    assert.deepEqual(await send("POST", `${base}/bulk`, { ids, order: tag }), { runs: 2 });
    assert.equal(await total("filter=tags.stage%20%3D%20'kept'"), 2);
    assert.deepEqual(await send("POST", `${base}/bulk-state`, { ids, order: { action: "delete" } }), {
      runs: 2,
    });
    assert.deepEqual([await total(""), await total("state=deleted")], [0, 2]);
    await send("POST", `${base}/bulk-state`, { ids, order: { action: "restore" } });
    assert.equal(await total(""), 2);
    const refused = await server.inject({
      method: "POST",
      url: `${base}/bulk-state`,
      body: { ids: [ids[0], foreign], order: { action: "delete" } },
    });
    assert.equal(refused.status, 404);
    assert.equal(await total(""), 2);
  });

  it("keep views under names: one's own, and those that are shared", async () => {
    const { send, get, server, visitAs, ledger } = await openServer();
    const state = { filter: "metrics.auc > 0.5", columns: ["metrics.auc"] };
    const save = (name: string, isShared: boolean) => send("PUT", `${base}/views`, { name, state, isShared });
    await save("mine", false);
    await save("ours", true);
    await save("ours", true);
    const names = async () => {
      const found = await get(`${base}/views`);
      assert.ok(typeof found === "object" && found !== null && "views" in found);
      assert.ok(Array.isArray(found.views));
      return found.views;
    };
    const [mine, ours] = await names();
    assert.deepEqual(
      [mine.name, mine.state, mine.owner, ours.name, ours.isShared],
      ["mine", state, "usr_ada", "ours", true],
    );
    visitAs("usr_bob");
    assert.deepEqual(
      (await names()).map((view) => view.name),
      ["ours"],
    );
    const remove = async (id: string) =>
      (await server.inject({ method: "DELETE", url: `${base}/views/${id}` })).status;
    assert.deepEqual([await remove(mine.id), await remove(ours.id)], [404, 403]);
    visitAs("usr_ada");
    assert.equal(await remove(ours.id), 204);
    const kinds = (await ledger.list({ limit: 100 })).map((event) => `${event.kind} ${event.actor}`);
    assert.deepEqual(
      kinds.filter((kind) => kind.startsWith("run_view")),
      [
        "run_view.saved usr_ada",
        "run_view.saved usr_ada",
        "run_view.saved usr_ada",
        "run_view.deleted usr_ada",
      ],
    );
  });

  it("look into files without giving all of them, and show HTML where it can do no harm", async () => {
    const { server, run, get, tracking, analyst, folder } = await openServer();
    const id = await run("a", 0.7, "3");
    const put = (path: string, content: string) =>
      tracking.commands.putArtifact(id, path, Buffer.from(content));
    const look = async (path: string, more = "") => {
      const found = await get(`${base}/${id}/artifacts/preview?path=${path}${more}`);
      assert.ok(typeof found === "object" && found !== null);
      const { digest: _, ...rest } = { digest: "", ...found };
      return rest;
    };
    await put("note.txt", "grüezi");
    await put("long.log", "é".repeat(150_000));
    await put(
      "table.csv",
      `id,text\n${Array.from({ length: 50 }, (_, row) => `${row},"a, b"`).join("\n")}\n`,
    );
    await put("model.bin", "\u0000\u0001");
    await put("page.html", "<script>document.title = 'x'</script>");
    const parquet = join(folder, "rows.parquet");
    await analyst.run(
      `copy (select range as id, 'n' || range as name from range(5)) to '${parquet}' (format parquet)`,
    );
    await tracking.commands.putArtifact(id, "rows.parquet", await readFile(parquet));
    await put("broken.parquet", "this is none");

    assert.deepEqual(await look("note.txt"), { kind: "text", text: "grüezi", isCut: false, sizeBytes: 7 });
    const long = await look("long.log");
    assert.ok("text" in long && typeof long.text === "string");
    assert.equal(long.text, "é".repeat(100_000));
    assert.deepEqual(await look("table.csv", "&rows=2"), {
      kind: "table",
      columns: ["id", "text"],
      rows: [
        ["0", "a, b"],
        ["1", "a, b"],
      ],
      isCut: true,
      sizeBytes: 8 + 10 * 9 + 40 * 10,
    });
    const rows = await look("rows.parquet");
    assert.ok("rows" in rows && Array.isArray(rows.rows));
    assert.deepEqual(rows.rows[4], [4, "n4"]);
    assert.deepEqual(await look("model.bin"), { kind: "none", isCut: false, sizeBytes: 2 });
    assert.equal(
      (await server.inject({ url: `${base}/${id}/artifacts/preview?path=broken.parquet` })).status,
      400,
    );

    const { headers } = await server.inject({ url: `${base}/${id}/artifacts/page?path=page.html` });
    assert.match(String(headers["content-security-policy"]), /^sandbox allow-scripts; default-src 'none';/);
    assert.match(String(headers["content-security-policy"]), /frame-ancestors 'self'/);
    assert.equal(headers["x-frame-options"], "SAMEORIGIN");
  });
});

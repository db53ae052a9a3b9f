import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, it } from "node:test";

import { systemClock } from "../clock.ts";
import { digestOf } from "../digest.ts";
import { silentLog } from "../log.ts";
import { temporaryFolder } from "../testing/index.ts";
import { createServer, defineRawRoute, safePath, sendBlob } from "./index.ts";
import type { Server, ServerOptions } from "./index.ts";

const bytes = Buffer.from("0123456789");
const digest = digestOf(bytes);

const download = defineRawRoute({
  method: "GET",
  path: "/files/*",
  permission: "run:read",
  summary: "Sends ten digits",
  handler: async ({ params, reply }) =>
    await sendBlob(reply, {
      digest,
      sizeBytes: bytes.length,
      open: (range) =>
        Readable.from([range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)]),
      fileName: safePath(params["*"]),
    }),
});

function serve(options: Partial<ServerOptions> = {}): Server {
  return createServer({
    routes: [download],
    authenticate: async () => ({ id: "usr_ada", name: "ada", kind: "person", via: "local" }),
    authorise: async () => {},
    clock: systemClock,
    log: silentLog,
    host: "127.0.0.1",
    port: 4761,
    ...options,
  });
}

describe("a download", () => {
  const get = async (headers: Record<string, string> = {}, url = "/files/a/number%20%C3%BC.txt") => {
    const response = await serve().inject({ url, headers });
    return {
      ...response,
      length: response.headers["content-length"],
      range: response.headers["content-range"],
    };
  };

  it("is an attachment in a sandbox, with its size and digest", async () => {
    const { status, text, headers } = await get();
    assert.deepEqual(
      [status, text, headers["content-length"], headers["etag"]],
      [200, "0123456789", "10", `"${digest}"`],
    );
    assert.equal(
      headers["content-disposition"],
      `attachment; filename="number _.txt"; filename*=UTF-8''number%20%C3%BC.txt`,
    );
    assert.equal(headers["content-security-policy"], "sandbox; default-src 'none'");
    assert.equal(headers["x-content-type-options"], "nosniff");
  });

  it("is not sent again to one who has it", async () => {
    const { status, text } = await get({ "if-none-match": `"x", "${digest}"` });
    assert.deepEqual([status, text], [304, ""]);
  });

  it("gives the part asked for", async () => {
    const parts = await Promise.all(
      ["bytes=2-4", "bytes=7-", "bytes=-3", "bytes=5-99"].map((range) => get({ range })),
    );
    assert.deepEqual(
      parts.map(({ status, text, length, range }) => ({ status, text, length, range })),
      [
        { status: 206, text: "234", length: "3", range: "bytes 2-4/10" },
        { status: 206, text: "789", length: "3", range: "bytes 7-9/10" },
        { status: 206, text: "789", length: "3", range: "bytes 7-9/10" },
        { status: 206, text: "56789", length: "5", range: "bytes 5-9/10" },
      ],
    );
  });

  it("gives the whole when several parts, another unit or a changed file are meant, and 416 outside", async () => {
    const whole = await Promise.all([
      get({ range: "bytes=0-1,4-5" }),
      get({ range: "lines=1-2" }),
      get({ range: "bytes=0-1", "if-range": '"other"' }),
    ]);
    assert.deepEqual(
      whole.map(({ status }) => status),
      [200, 200, 200],
    );
    const outside = await get({ range: "bytes=10-" });
    assert.deepEqual([outside.status, outside.range], [416, "bytes */10"]);
  });

  it("refuses a path that leaves its folder, also one encoded twice", async () => {
    const paths = [
      "/files/%252e%252e/a",
      "/files/a%252fb",
      "/files//etc/passwd",
      "/files/C:/x",
      "/files/a%255cb",
      "/files/a%0ab",
    ];
    const answers = await Promise.all(paths.map((url) => get({}, url)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      paths.map(() => 400),
    );
    assert.equal(safePath("plots/100%25 sure.png"), "plots/100%25 sure.png");
  });
});

describe("the interface", () => {
  it("comes from its folder: hashed files for ever, the page for every path, nothing outside", async () => {
    const folder = await temporaryFolder();
    const dist = join(folder, "dist");
    await mkdir(join(dist, "assets"), { recursive: true });
    await writeFile(join(folder, "secret.txt"), "secret");
    await writeFile(join(dist, "index.html"), "<title>Gyre</title>");
    await writeFile(join(dist, "assets/app-1a2b.js"), "export {}");
    await symlink(join(folder, "secret.txt"), join(dist, "link.txt"));
    const server = serve({ staticFolder: dist });
    const html = { accept: "text/html,*/*" };
    const asset = await server.inject({ url: "/assets/app-1a2b.js" });
    assert.deepEqual(
      [asset.status, asset.headers["content-type"], asset.headers["cache-control"]],
      [200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"],
    );
    for (const url of ["/", "/projects/shop/runs", "/projects/v1.2?tab=a"]) {
      const page = await server.inject({ url, headers: html });
      assert.deepEqual(
        [page.status, page.text, page.headers["cache-control"]],
        [200, "<title>Gyre</title>", "no-cache"],
      );
    }
    const page = await server.inject({ url: "/", headers: html });
    const again = await server.inject({
      url: "/",
      headers: { ...html, "if-none-match": String(page.headers["etag"]) },
    });
    assert.equal(again.status, 304);
    const missing = await Promise.all(
      ["/link.txt", "/assets/gone.js", "/api/v1/nothing"].map((url) =>
        server.inject({ url, headers: { accept: "*/*" } }),
      ),
    );
    assert.deepEqual(
      missing.map(({ status }) => status),
      [404, 404, 404],
    );
  });

  it("says how to build it when it is not built", async () => {
    const server = serve({ staticFolder: join(await temporaryFolder(), "dist") });
    const response = await server.inject({ url: "/", headers: { accept: "text/html" } });
    assert.equal(response.status, 404);
    assert.match(response.text, /npm run build/);
  });
});

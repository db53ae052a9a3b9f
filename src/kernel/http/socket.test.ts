import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { request } from "node:http";
import type { OutgoingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";

import { z } from "zod";

import type { Principal } from "../auth/index.ts";
import { systemClock } from "../clock.ts";
import { silentLog } from "../log.ts";
import { createServer, defineRoute, defineStream } from "./index.ts";
import type { Server, ServerOptions } from "./index.ts";

const ada: Principal = { id: "usr_ada", name: "ada", kind: "person", via: "local" };

let changes = 0;
let streamsEnded = 0;

const change = defineRoute({
  method: "POST",
  path: "/api/v1/change",
  permission: "project:write",
  summary: "Changes something",
  response: z.void(),
  async handler() {
    changes += 1;
  },
});

const follow = defineStream({
  path: "/api/v1/follow",
  permission: "project:read",
  summary: "Counts up from the last event id",
  async *handler({ lastEventId, signal }) {
    try {
      const from = Number(lastEventId ?? 0);
      for (let id = from + 1; id <= from + 2; id++)
        yield { event: "count", id, data: { text: `number\n${id}` } };
      await once(signal, "abort");
    } finally {
      streamsEnded += 1;
    }
  },
});

function serve(options: Partial<ServerOptions> = {}): Server {
  return createServer({
    routes: [change, follow],
    authenticate: async () => ada,
    authorise: async () => {},
    clock: systemClock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
    ...options,
  });
}

describe("the gate, over a real socket", () => {
  const server = serve();
  let port = 0;
  before(async () => {
    port = (await server.listen()).port;
  });
  after(() => server.close());

  /** Sends exactly these headers (fetch would correct them) and gives the status. */
  async function send(
    method: string,
    path: string,
    headers: OutgoingHttpHeaders,
  ): Promise<number | undefined> {
    const outgoing = request({ host: "127.0.0.1", port, method, path, headers });
    outgoing.end();
    const [response]: { statusCode?: number; destroy(): void }[] = await once(outgoing, "response");
    response?.destroy();
    return response?.statusCode;
  }

  it("serves under its own names only, so that a foreign name pointed at this machine gets nothing", async () => {
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`];
    const foreign = [
      "evil.example",
      `evil.example:${port}`,
      `localhost:${port + 1}`,
      "localhost",
      `localhost.evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      `0.0.0.0:${port}`,
      `127.0.0.2:${port}`,
    ];
    const get = (host: string) => send("GET", "/api/v1/health", { host });
    assert.deepEqual(await Promise.all(hosts.map(get)), [200, 200, 200, 200]);
    assert.deepEqual(
      await Promise.all(foreign.map(get)),
      foreign.map(() => 403),
    );
  });

  it("changes nothing for a page of another origin, whatever its spelling", async () => {
    const host = `127.0.0.1:${port}`;
    const foreign = [
      "http://evil.example",
      "null",
      `http://127.0.0.1:${port + 1}`,
      `http://127.0.0.1:${port}.evil.example`,
      `http://evil.example#127.0.0.1:${port}`,
      `ftp://127.0.0.1:${port}`,
      "http://127.0.0.1",
      "",
    ];
    const post = (origin: string) => send("POST", "/api/v1/change", { host, origin });
    const before = changes;
    assert.deepEqual(
      await Promise.all(foreign.map(post)),
      foreign.map(() => 403),
    );
    assert.equal(await send("POST", "/api/v1/change", { host, "sec-fetch-site": "cross-site" }), 403);
    assert.equal(changes, before);
    assert.equal(await post(`http://127.0.0.1:${port}`), 204);
    assert.equal(await send("POST", "/api/v1/change", { host }), 204);
    assert.equal(changes, before + 2);
  });

  it("lets no page of another origin listen", async () => {
    const host = `localhost:${port}`;
    assert.equal(await send("GET", "/api/v1/follow", { host, origin: "http://evil.example" }), 403);
    assert.equal(await send("GET", "/api/v1/follow", { host, "sec-fetch-site": "same-site" }), 403);
    assert.equal(await send("GET", "/api/v1/follow", { host, origin: `http://localhost:${port}` }), 200);
  });

  it("refuses paths that hide a step out of their folder", async () => {
    const host = `127.0.0.1:${port}`;
    const paths = ["/api/../etc", "/api/%2e%2e/etc", "/a%00b", "/a%5cb", "/a\\b", "/%", "/..%2f..%2fetc"];
    const statuses = await Promise.all(paths.map((path) => send("GET", path, { host })));
    assert.deepEqual(
      statuses,
      paths.map(() => 400),
    );
  });

  it("answers a request that is no HTTP without showing anything of itself", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.end("GIBBERISH\r\n\r\n");
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    const answer = Buffer.concat(chunks).toString();
    assert.match(answer, /^HTTP\/1\.1 400/);
    assert.doesNotMatch(answer, /\.ts|node:|at /);
  });
});

describe("a stream, over a real socket", () => {
  it("continues after the last event id, and ends its source when the client goes", async () => {
    const server = serve();
    const { url } = await server.listen();
    const before = streamsEnded;
    const client = new AbortController();
    const response = await fetch(`${url}/api/v1/follow`, {
      headers: { "last-event-id": "7" },
      signal: client.signal,
    });
    assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    assert.ok(response.body);
    let text = "";
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes("id: 9")) break;
    }
    client.abort();
    assert.equal(
      text,
      'retry: 2000\n\nid: 8\nevent: count\ndata: {"text":"number\\n8"}\n\nid: 9\nevent: count\ndata: {"text":"number\\n9"}\n\n',
    );
    while (streamsEnded === before) await new Promise((resolve) => setImmediate(resolve));
    await server.close();
  });

  it("ends when the server closes, without waiting for the client", async () => {
    const server = serve();
    const { url } = await server.listen();
    const response = await fetch(`${url}/api/v1/follow`);
    const reading = response.text();
    await server.close();
    assert.match(await reading, /id: 2/);
  });
});

describe("listening", () => {
  it("says who holds the port and how to go on", async () => {
    const first = serve();
    const { port } = await first.listen();
    const second = serve({ port });
    await assert.rejects(second.listen(), {
      code: "port_in_use",
      message: `Another Gyre already listens on 127.0.0.1:${port}.`,
    });
    await first.close();
    await second.close();
  });

  it("refuses to open beyond this machine while nobody has to sign in", () => {
    for (const host of ["0.0.0.0", "::", "192.0.2.7", "gyre.example.org"]) {
      assert.throws(() => serve({ host }), { code: "bind_needs_authentication" });
    }
    serve({ host: "0.0.0.0", requiresSignIn: true });
  });
});

it("finishes what it has begun when it is stopped, and tells what comes then when to come again", async () => {
  const gate = new EventEmitter();
  const server = serve({
    routes: [
      defineRoute({
        method: "POST",
        path: "/api/v1/slow",
        permission: "project:write",
        summary: "Answers when it is let",
        response: z.object({ done: z.boolean() }),
        async handler() {
          setImmediate(() => gate.emit("begun"));
          await once(gate, "go on");
          return { done: true };
        },
      }),
    ],
  });
  const { url } = await server.listen();
  const post = () => fetch(`${url}/api/v1/slow`, { method: "POST" });
  const begun = post();
  await once(gate, "begun");

  const closed = server.close();
  const late = await post();
  gate.emit("go on");

  assert.deepEqual(
    {
      begun: await (await begun).json(),
      late: [late.status, late.headers.get("retry-after"), late.headers.get("connection")],
      code: z.looseObject({ code: z.string() }).parse(await late.json()).code,
    },
    { begun: { done: true }, late: [503, "2", "close"], code: "server_stopping" },
  );
  await closed;
  await assert.rejects(post());
});

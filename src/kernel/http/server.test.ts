import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";

import { z } from "zod";

import { authProblems, systemPrincipal } from "../auth/index.ts";
import type { Principal } from "../auth/index.ts";
import { systemClock } from "../clock.ts";
import { defineProblems, Problem } from "../errors.ts";
import { silentLog } from "../log.ts";
import { createServer, defineRawRoute, defineRoute, readJson } from "./index.ts";
import type { Route, Server, ServerOptions } from "./index.ts";

const problems = defineProblems({
  lamp_broken: { kind: "conflict", when: "A lamp is broken.", next: "Change it." },
});

const ada: Principal = { id: "usr_ada", name: "ada", kind: "person", via: "local" };

/** Ada may do everything in the project `hall`, nothing elsewhere. */
function serve(routes: readonly Route[], options: Partial<ServerOptions> = {}): Server {
  return createServer({
    routes,
    authenticate: async (credentials) => (credentials.authorization === "none" ? undefined : ada),
    authorise: async (principal, permission, project) => {
      if (principal === ada && project === "hall") return;
      throw new Problem(authProblems.permission_denied, {
        message: `${principal.name} lacks ${permission} in ${project}.`,
      });
    },
    clock: systemClock,
    log: silentLog,
    host: "127.0.0.1",
    port: 4761,
    ...options,
  });
}

const lampRoute = defineRoute({
  method: "POST",
  path: "/api/v1/projects/:project/lamps/:lamp",
  permission: "project:write",
  summary: "Sets a lamp",
  query: z.object({ times: z.coerce.number().int().default(1) }),
  body: z.object({ colours: z.array(z.object({ name: z.string() })) }),
  response: z.object({ lamp: z.string(), colours: z.array(z.string()), times: z.number(), by: z.string() }),
  handler: async ({ params, query, body, principal }) => ({
    lamp: params.lamp,
    colours: body.colours.map((colour) => colour.name),
    times: query.times,
    by: principal.id,
    secret: "a row's field that no schema names",
  }),
});

describe("HEAD", () => {
  const readRoute = defineRoute({
    method: "GET",
    path: "/api/v1/projects/:project/lamps",
    permission: "project:read",
    summary: "Lists the lamps",
    response: z.object({ lamps: z.array(z.string()) }),
    handler: async () => ({ lamps: ["hall", "stairs"] }),
  });
  const ask = async (url: string, method: string) => {
    const response = await fetch(url, { method });
    const { status, headers } = response;
    return { status, type: headers.get("content-type"), length: headers.get("content-length") };
  };

  it("is answered as GET is, without the body, and needs the same permission", async (t) => {
    const server = serve([readRoute], { port: 0 });
    t.after(() => server.close());
    const { url } = await server.listen();
    for (const [path, status] of [
      ["/api/v1/projects/hall/lamps", 200],
      ["/api/v1/projects/cellar/lamps", 403],
      ["/api/v1/nothing", 404],
    ] as const) {
      const head = await ask(`${url}${path}`, "HEAD");
      assert.deepEqual(head, await ask(`${url}${path}`, "GET"));
      assert.equal(head.status, status);
    }
    assert.equal(await (await fetch(`${url}/api/v1/projects/hall/lamps`, { method: "HEAD" })).text(), "");
  });
});

describe("a JSON route", () => {
  it("parses path, query and body, and gives only the fields its schema names", async () => {
    const response = await serve([lampRoute]).inject({
      method: "POST",
      url: "/api/v1/projects/hall/lamps/left?times=3",
      body: { colours: [{ name: "red" }] },
    });
    assert.equal(response.status, 200);
    assert.deepEqual(response.json(), { lamp: "left", colours: ["red"], times: 3, by: "usr_ada" });
  });

  it("names the field that is wrong and what it should be", async () => {
    const response = await serve([lampRoute]).inject({
      method: "POST",
      url: "/api/v1/projects/hall/lamps/left",
      body: { colours: [{ name: 7 }] },
    });
    assert.equal(response.status, 400);
    const {
      requestId,
      next: _,
      ...body
    } = z.looseObject({ requestId: z.string(), next: z.string() }).parse(response.json());
    assert.equal(response.headers["x-request-id"], requestId);
    assert.deepEqual(body, {
      code: "request_invalid",
      message: "body.colours[0].name: expected string, received 7.",
      data: { fields: [{ field: "body.colours[0].name", expected: "expected string, received 7" }] },
    });
  });

  it("says where JSON breaks", async () => {
    const response = await serve([lampRoute]).inject({
      method: "POST",
      url: "/api/v1/projects/hall/lamps/left",
      headers: { "content-type": "application/json" },
      body: '{\n  "colours": [,]\n}',
    });
    assert.equal(response.status, 400);
    const body = z.looseObject({ code: z.string(), position: z.unknown() }).parse(response.json());
    assert.equal(body.code, "body_malformed");
    assert.deepEqual(body.position, { file: "request body", line: 2, column: 15 });
  });

  it("answers 413 to a body beyond its limit and 415 to what is no JSON", async () => {
    const server = serve([{ ...lampRoute, bodyLimitBytes: 10 }]);
    const url = "/api/v1/projects/hall/lamps/left";
    const large = await server.inject({ method: "POST", url, body: { colours: ["much too long"] } });
    const form = await server.inject({
      method: "POST",
      url,
      headers: { "content-type": "text/plain" },
      body: "{}",
    });
    assert.deepEqual([large.status, form.status], [413, 415]);
  });

  it("is refused to one without credentials (401) and to one without the permission (403)", async () => {
    const server = serve([lampRoute]);
    const body = { colours: [] };
    const nobody = await server.inject({
      method: "POST",
      url: "/api/v1/projects/hall/lamps/left",
      headers: { authorization: "none" },
      body,
    });
    const elsewhere = await server.inject({
      method: "POST",
      url: "/api/v1/projects/cellar/lamps/left",
      body,
    });
    assert.deepEqual([nobody.status, elsewhere.status], [401, 403]);
  });

  it("gives a Problem the status of its kind, and an unexpected error no detail", async () => {
    const base = { method: "GET", permission: "public", summary: "Fails", response: z.string() } as const;
    const server = serve([
      defineRoute({
        ...base,
        path: "/api/v1/broken",
        handler: async () => {
          throw new Problem(problems.lamp_broken, { message: "Lamp 3 is broken.", data: { lamp: 3 } });
        },
      }),
      defineRoute({
        ...base,
        path: "/api/v1/bug",
        handler: async () => {
          throw new Error("password is hunter2");
        },
      }),
    ]);
    const broken = await server.inject({ url: "/api/v1/broken" });
    assert.equal(broken.status, 409);
    const { requestId: _, ...body } = z.looseObject({ requestId: z.string() }).parse(broken.json());
    assert.deepEqual(body, {
      code: "lamp_broken",
      message: "Lamp 3 is broken.",
      next: "Change it.",
      data: { lamp: 3 },
    });
    const bug = await server.inject({ url: "/api/v1/bug" });
    assert.equal(bug.status, 500);
    assert.doesNotMatch(bug.text, /hunter2|at /);
    assert.match(bug.text, /internal_error/);
  });
});

describe("a method that no route has", () => {
  it("is a route that is not there, also where the framework would look for a body", async () => {
    const server = serve([lampRoute], { port: 0 });
    const { port } = await server.listen();
    try {
      for (const method of ["QUERY", "PROPFIND", "TRACE"]) {
        const answer = await ask(port, `${method} /api/v1/projects/hall/lamps/left HTTP/1.1`);
        assert.match(answer, /^HTTP\/1\.1 404 /, method);
      }
    } finally {
      await server.close();
    }
  });
});

describe("the route table", () => {
  it("does not start with a route that declares no permission", () => {
    const { permission: _, ...open } = lampRoute;
    assert.throws(() => serve([Object.assign(Object.create(null), open)]), {
      code: "route_without_permission",
    });
  });

  it("does not start when two routes have the same method and shape of path", () => {
    const twin = { ...lampRoute, path: "/api/v1/projects/:name/lamps/:lamp" };
    assert.throws(() => serve([lampRoute, twin]), { code: "route_declared_twice" });
  });

  it("turns an answer into an internal error when a handler-scoped route forgot to ask", async () => {
    const base = {
      method: "GET",
      permission: "run:read",
      scope: "handler",
      summary: "Lists",
      response: z.array(z.string()),
    } as const;
    const server = serve([
      defineRoute({ ...base, path: "/api/v1/forgets", handler: async () => ["secret"] }),
      defineRoute({
        ...base,
        path: "/api/v1/filters",
        handler: async ({ onlyAllowed }) => await onlyAllowed(["hall", "cellar"], (project) => project),
      }),
      defineRoute({
        ...base,
        path: "/api/v1/asks",
        handler: async ({ allow }) => {
          await allow("cellar");
          return [];
        },
      }),
    ]);
    const [forgets, filters, asks] = await Promise.all(
      ["forgets", "filters", "asks"].map((name) => server.inject({ url: `/api/v1/${name}` })),
    );
    assert.deepEqual([forgets?.status, filters?.status, asks?.status], [500, 200, 403]);
    assert.deepEqual(filters?.json(), ["hall"]);
  });
});

describe("a raw route", () => {
  it("reads its own body and shows problems in its own form, also those of the gate", async () => {
    const server = serve([
      defineRawRoute({
        method: "POST",
        path: "/foreign/:project/*",
        permission: "run:write",
        summary: "Speaks another protocol",
        presentProblem: (problem) => ({ status: 418, body: { error_code: problem.code.toUpperCase() } }),
        handler: async ({ params, body }) => ({ path: params["*"], body: await readJson(body, 100) }),
      }),
    ]);
    const fine = await server.inject({ method: "POST", url: "/foreign/hall/a/b%20c", body: { x: 1 } });
    assert.deepEqual(fine.json(), { path: "a/b c", body: { x: 1 } });
    const refused = await server.inject({ method: "POST", url: "/foreign/cellar/a", body: {} });
    assert.deepEqual([refused.status, refused.json()], [418, { error_code: "PERMISSION_DENIED" }]);
  });
});

describe("a raw route with a schema of its query", () => {
  const server = serve([
    defineRawRoute({
      method: "GET",
      path: "/foreign/:project/part",
      permission: "run:read",
      summary: "Gives a part of something",
      query: z.object({ from: z.coerce.number().int().min(0) }),
      handler: async ({ query }) => ({ next: query.from + 1 }),
    }),
  ]);

  it("reads it as other routes do", async () => {
    assert.deepEqual((await server.inject({ url: "/foreign/hall/part?from=41" })).json(), { next: 42 });
  });

  it("refuses what is not of it, and its handler does not run", async () => {
    const refused = await server.inject({ url: "/foreign/hall/part?from=6083545413314285775355904" });
    const { code } = z.looseObject({ code: z.string() }).parse(refused.json());
    assert.deepEqual([refused.status, code], [400, "request_invalid"]);
  });
});

describe("the API description", () => {
  it("comes from the schemas that validate", async () => {
    const paths = z
      .looseObject({ paths: z.record(z.string(), z.unknown()) })
      .parse(serve([lampRoute]).openApi()).paths;
    assert.deepEqual(paths["/api/v1/projects/{project}/lamps/{lamp}"], {
      post: {
        operationId: "postProjectsByProjectLampsByLamp",
        summary: "Sets a lamp",
        "x-permission": "project:write",
        parameters: [
          { name: "project", in: "path", required: true, schema: { type: "string" } },
          { name: "lamp", in: "path", required: true, schema: { type: "string" } },
          {
            name: "times",
            in: "query",
            required: false,
            schema: {
              type: "integer",
              default: 1,
              minimum: Number.MIN_SAFE_INTEGER,
              maximum: Number.MAX_SAFE_INTEGER,
            },
          },
        ],
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: {
                type: "object",
                required: ["colours"],
                properties: {
                  colours: {
                    type: "array",
                    items: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
                  },
                },
              },
            },
          },
        },
        responses: {
          200: {
            description: "Done",
            content: {
              "application/json": {
                schema: {
                  type: "object",
                  required: ["lamp", "colours", "times", "by"],
                  properties: {
                    lamp: { type: "string" },
                    colours: { type: "array", items: { type: "string" } },
                    times: { type: "number" },
                    by: { type: "string" },
                  },
                  additionalProperties: false,
                },
              },
            },
          },
          default: {
            description: "A problem",
            content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
          },
        },
      },
    });
  });

  it("is served with the server's own routes", async () => {
    const response = await serve([lampRoute]).inject({ url: "/api/v1/openapi.json" });
    assert.equal(response.status, 200);
    assert.match(response.text, /"openapi":"3.1.0"/);
    assert.equal(systemPrincipal.kind, "system");
  });
});

async function ask(port: number, line: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.end(`${line}\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
    });
    let answer = "";
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

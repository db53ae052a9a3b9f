import { z } from "zod";
import type { ZodType } from "zod";

import type { Route } from "./routes.ts";

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 description of the route table, from the very schemas that validate. */
export function describeRoutes(routes: readonly Route[], version: string): Json {
  const components: Json = { Problem: problemSchema };
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    // A foreign protocol is described where its route says what it reads.
    if (route.kind === "raw" && route.schemas.query === undefined && route.schemas.body === undefined)
      continue;
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    for (const method of route.methods) {
      paths[path] = { ...paths[path], [method.toLowerCase()]: describeRoute(route, components) };
    }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Gyre",
      version,
      description: "Every error answers with a Problem: a stable code, what happened, and what to do next.",
    },
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "A token of Gyre, `gyre_…`." },
        session: { type: "apiKey", in: "cookie", name: "gyre_session" },
      },
    },
    security: [{ token: [] }, { session: [] }],
  };
}

function describeRoute(route: Route, components: Json): Json {
  const { params, query, body } = route.schemas;
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(route.tags === undefined ? {} : { tags: route.tags }),
    "x-permission": route.permission,
    ...(route.permission === "public" ? { security: [] } : {}),
    parameters: [
      ...pathParameters(names, params, components),
      ...queryParameters(query, components),
      ...(route.kind === "stream" ? [lastEventId] : []),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: toSchema(body, "input", components) } },
          },
        }),
    responses: {
      ...successOf(route, components),
      default: route.kind === "raw" ? foreignAnswer : problemAnswer,
    },
  };
}

const lastEventId = { name: "Last-Event-ID", in: "header", required: false, schema: { type: "string" } };

const foreignAnswer = { description: "An answer in the form of its protocol" };

const problemAnswer = {
  description: "A problem",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

const problemSchema: Json = {
  type: "object",
  required: ["code", "message", "next", "requestId"],
  properties: {
    code: { type: "string", description: "Stable; listed in docs/reference/errors.md." },
    message: { type: "string" },
    next: { type: "string", description: "What to do now." },
    data: { type: "object", additionalProperties: true },
    position: {
      type: "object",
      properties: { file: { type: "string" }, line: { type: "integer" }, column: { type: "integer" } },
    },
    requestId: { type: "string" },
  },
};

function successOf(route: Route, components: Json): Json {
  if (route.kind === "stream") {
    const variants = Object.entries(route.schemas.events ?? {}).map(([name, schema]) => ({
      title: name,
      ...toSchema(schema, "output", components),
    }));
    const schema = variants.length === 0 ? { type: "string" } : { oneOf: variants };
    return {
      200: {
        description: "Server-sent events; `data` is JSON",
        content: { "text/event-stream": { schema } },
      },
    };
  }
  if (route.kind === "raw") return {};
  const { response } = route.schemas;
  if (route.status === 204 || response === undefined) return { [route.status]: { description: "Done" } };
  const content = { "application/json": { schema: toSchema(response, "output", components) } };
  return { [route.status]: { description: "Done", content } };
}

/** `GET /api/v1/projects/:project/runs` becomes `getProjectsByProjectRuns`. */
function operationId(route: Route): string {
  const words = route.path
    .replace(/^\/api\/v1/, "")
    .split(/[/-]/)
    .filter((word) => word !== "")
    .map((word) => (word.startsWith(":") ? `By${capital(word.slice(1))}` : capital(word)));
  return `${(route.methods[0] ?? "get").toLowerCase()}${words.join("")}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function pathParameters(names: readonly string[], schema: ZodType | undefined, components: Json): Json[] {
  const properties = propertiesOf(schema, components);
  return names.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: properties.shapes[name] ?? { type: "string" },
  }));
}

function queryParameters(schema: ZodType | undefined, components: Json): Json[] {
  const { shapes, required } = propertiesOf(schema, components);
  return Object.entries(shapes).map(([name, shape]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema: shape,
  }));
}

function propertiesOf(
  schema: ZodType | undefined,
  components: Json,
): { shapes: Json; required: readonly unknown[] } {
  const json = schema === undefined ? {} : toSchema(schema, "input", components);
  return {
    shapes: isJson(json["properties"]) ? json["properties"] : {},
    required: Array.isArray(json["required"]) ? json["required"] : [],
  };
}

/** Schemas with `.meta({ id })` become components, named once and referred to everywhere. */
function toSchema(schema: ZodType, io: "input" | "output", components: Json): Json {
  const json: Json = { ...z.toJSONSchema(schema, { io, unrepresentable: "any", target: "draft-2020-12" }) };
  delete json["$schema"];
  delete json["~standard"];
  const definitions = isJson(json["$defs"]) ? json["$defs"] : {};
  delete json["$defs"];
  const names = new Map(
    Object.entries(definitions).map(([id, shape]) => [id, nameFor(id, shape, io, components)]),
  );
  for (const [id, shape] of Object.entries(definitions))
    components[names.get(id) ?? id] = pointToComponents(shape, names);
  const pointed = pointToComponents(json, names);
  return isJson(pointed) ? pointed : {};
}

/** A shape that differs as input (defaults are optional there) gets a name of its own. */
function nameFor(id: string, shape: unknown, io: "input" | "output", components: Json): string {
  const taken = components[id];
  const same =
    taken === undefined || JSON.stringify(taken) === JSON.stringify(pointToComponents(shape, new Map()));
  return same ? id : `${id}${io === "input" ? "Input" : "Output"}`;
}

function pointToComponents(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((member: unknown) => pointToComponents(member, names));
  if (!isJson(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "id" || typeof value["id"] !== "string" || !("type" in value))
      .map(([key, member]) => [
        key,
        key === "$ref" ? pointed(member, names) : pointToComponents(member, names),
      ]),
  );
}

function pointed(reference: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof reference !== "string") return reference;
  const id = /^#\/\$defs\/(.+)$/.exec(reference)?.[1];
  return id === undefined ? reference : `#/components/schemas/${names.get(id) ?? id}`;
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

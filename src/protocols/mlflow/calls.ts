import type { z } from "zod";

import { experimentThing, modelThing, outsideProjects } from "#access";
import type { Principal, RoutePermission } from "#kernel/auth";
import { defineRawRoute, parseJson, readBody } from "#kernel/http";
import type { Method, Route, Visit } from "#kernel/http";

import { presentProblem } from "./answers.ts";
import { invalid, readInput } from "./wire.ts";

/** What is touched: of a project, or of none (null), and the experiment or model itself, which may have grants of its own. */
export interface Touched {
  readonly project: string | null;
  readonly thing?: string | undefined;
}

/** An experiment, as it is or as something in it names it. */
export function ofExperiment(
  one: { readonly project: string | null } & ({ readonly id: string } | { readonly experimentId: string }),
): Touched {
  return { project: one.project, thing: experimentThing("experimentId" in one ? one.experimentId : one.id) };
}

/** A registered model by its name. */
export function ofModel({
  name,
  project,
}: {
  readonly name: string;
  readonly project: string | null;
}): Touched {
  return { project, thing: modelThing(name) };
}

/** What a call may ask about its caller. */
export interface Caller {
  readonly principal: Principal;
  /** Throws unless the caller holds the call's permission there. Every call asks. */
  allow(touched: Touched): Promise<void>;
  /** Throws unless the caller holds the call's permission in all projects. */
  allowEverywhere(): Promise<void>;
  /** The rows the caller may see. */
  onlyAllowed<Row extends { readonly project: string | null }>(
    rows: readonly Row[],
    /** How a row stands for an experiment or a model. */
    touchedBy: (row: Row) => Touched,
  ): Promise<Row[]>;
}

interface CallDeclaration<Input extends z.ZodType> {
  readonly method: Method;
  /** Below `/api/2.0` and `/ajax-api/2.0`. */
  readonly path: string;
  readonly version?: "2.0" | "3.0";
  /** `public`: the handler itself finds out whether the caller may. */
  readonly permission: RoutePermission;
  readonly summary: string;
  readonly input: Input;
  handler(input: z.output<Input>, caller: Caller): Promise<unknown>;
}

/** One remote procedure of MLflow, at both of its prefixes. */
export type Call = readonly Route[];

// The profile of a dataset may have 16 MiB, and a batch brings a thousand points with long names.
const bodyLimitBytes = 24 * 1_024 * 1_024;

/** Declares a call: its input is the path's parameters with the query (GET) or the JSON body (all others). */
export function defineCall<Input extends z.ZodType>(call: CallDeclaration<Input>): Call {
  const version = call.version ?? "2.0";
  return ["/api", "/ajax-api"].map((prefix) =>
    defineRawRoute({
      method: call.method,
      path: `${prefix}/${version}${call.path}`,
      permission: call.permission,
      scope: "handler",
      summary: call.summary,
      tags: ["mlflow"],
      bodyLimitBytes,
      presentProblem,
      // Its twin for the browser needs no second description.
      ...(prefix === "/api"
        ? { describes: call.method === "GET" ? { query: call.input } : { body: call.input } }
        : {}),
      async handler(visit) {
        const { given, written } =
          call.method === "GET" ? { given: visit.query, written: undefined } : await readSent(visit);
        const input = readInput(call.input, { ...given, ...toObject(visit.request.params) }, written);
        const output = await call.handler(input, callerOf(visit));
        void visit.reply.type("application/json");
        return JSON.stringify(output ?? {});
      },
    }),
  );
}

type RawVisit = Visit & {
  readonly query: Readonly<Record<string, string | string[]>>;
  readonly body: Parameters<typeof readBody>[0];
};

/** The body, with its text where it has one. */
async function readSent(
  visit: RawVisit,
): Promise<{ readonly given: object; readonly written: string | undefined }> {
  const { method, headers } = visit.request;
  const type = headers["content-type"] ?? "";
  // A form or a plain text is what a foreign page can send without asking.
  if ((method === "POST" || method === "PUT") && !/^application\/json\b/i.test(type)) {
    throw invalid(
      `Bad Request. Content-Type must be one of ['application/json'], got '${type.slice(0, 80)}'.`,
    );
  }
  const written = (await readBody(visit.body, bodyLimitBytes)).toString("utf8");
  if (written === "") return { given: visit.query, written: undefined };
  let body = parseJson(written);
  // Some old clients send the JSON text of a JSON text.
  if (typeof body === "string") body = parseAgain(body);
  if (body === null) return { given: visit.query, written: undefined };
  if (typeof body !== "object" || Array.isArray(body)) throw invalid("The body must be a JSON object.");
  return { given: body, written };
}

function toObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

function parseAgain(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("The body must be a JSON object.");
  }
}

export function callerOf(visit: Visit): Caller {
  return {
    principal: visit.principal,
    allow: ({ project, thing }) => visit.allow(project ?? outsideProjects, thing),
    allowEverywhere: () => visit.allow(),
    onlyAllowed: (rows, touchedBy) =>
      visit.onlyAllowed(
        rows,
        (row) => row.project ?? outsideProjects,
        (row) => touchedBy(row).thing,
      ),
  };
}

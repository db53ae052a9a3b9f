import { learnServerTime } from "../clock.ts";

/** What the server answered instead of the thing asked for. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly code: string;
  readonly next: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
  /** Where in what the reader wrote the problem lies. */
  readonly position: Position | undefined;

  constructor(
    status: number,
    body: {
      code: string;
      message: string;
      next?: string;
      data?: Record<string, unknown>;
      position?: Position;
    },
  ) {
    super(body.message);
    this.status = status;
    this.code = body.code;
    this.next = body.next;
    this.data = body.data ?? {};
    this.position = body.position;
  }
}

/** Line and column count from 1. */
export interface Position {
  line: number;
  column: number;
}

/**
 * One call of the API, and the only `fetch` of the UI. The answer has the type the caller names: the
 * server cuts every answer to its published schema, so it is not parsed a second time here.
 */
export async function request<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
  const response = await send(path, options);
  const served = Number(response.headers.get("x-gyre-time-ms") ?? "");
  if (served > 0) learnServerTime(served);
  if (response.status === 204) return undefined as Answer;
  const text = await response.text();
  const body: unknown = text === "" ? undefined : parse(text, response);
  if (!response.ok) throw new ApiProblem(response.status, problemBody(body, response));
  return body as Answer;
}

export interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  signal?: AbortSignal;
}

/** Builds `/api/v1/projects/x/datasets`; each part is encoded. */
export function projectPath(project: string, ...parts: readonly (string | number)[]): string {
  return ["/api/v1/projects", ...[project, ...parts].map((part) => encodeURIComponent(part))].join("/");
}

/** `?a=1&b=2` without what is undefined; empty text when nothing is left. */
export function query(values: Record<string, string | number | boolean | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  return search.size === 0 ? "" : `?${search}`;
}

async function send(path: string, { method = "GET", body, signal }: RequestOptions): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      credentials: "same-origin",
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiProblem(0, {
      code: "server_unreachable",
      message: "The server did not answer.",
      next: "See whether it is still running: gyre doctor. The page goes on by itself once it is back.",
    });
  }
}

function parse(text: string, response: Response): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiProblem(response.status, {
      code: "answer_unreadable",
      message: `The server answered ${response.status} with something that is not JSON.`,
      next: "Is something else, such as a proxy, answering at this address?",
    });
  }
}

function problemBody(body: unknown, response: Response): { code: string; message: string; next?: string } {
  if (typeof body === "object" && body !== null && "code" in body && "message" in body) {
    return body as { code: string; message: string; next?: string };
  }
  return {
    code: `http_${response.status}`,
    message: `The server answered ${response.status} ${response.statusText}.`,
  };
}

import { Agent, request } from "node:http";

import { z } from "zod";
import type { ZodType } from "zod";

/** The server's API as a person with or without a token uses it. */
export interface Api {
  get<Answer>(path: string, schema: ZodType<Answer>): Promise<Answer>;
  post<Answer>(path: string, body: unknown, schema: ZodType<Answer>): Promise<Answer>;
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 });
const refusal = z.object({
  message: z.string().optional(),
  error: z.string().optional(),
  code: z.string().optional(),
});

export function createApi(url: string, token?: string): Api {
  async function call<Answer>(
    method: string,
    path: string,
    body: unknown,
    schema: ZodType<Answer>,
  ): Promise<Answer> {
    const { status, text } = await send(new URL(path, url), method, body, token);
    if (status < 300) return schema.parse(text === "" ? undefined : JSON.parse(text));
    const said = refusal.safeParse(JSON.parse(text));
    const reason = said.success ? (said.data.message ?? said.data.error) : text;
    throw new Error(`${method} ${path} answered ${status}: ${reason}`);
  }
  return {
    get: (path, schema) => call("GET", path, undefined, schema),
    post: (path, body, schema) => call("POST", path, body, schema),
  };
}

function send(
  url: URL,
  method: string,
  body: unknown,
  token?: string,
): Promise<{ status: number; text: string }> {
  const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        agent,
        headers: {
          ...(payload === undefined
            ? {}
            : { "content-type": "application/json", "content-length": payload.length }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
        response.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(payload);
  });
}

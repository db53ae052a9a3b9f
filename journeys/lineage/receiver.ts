import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

const runEvent = z.looseObject({
  eventType: z.string(),
  run: z.looseObject({ runId: z.string(), facets: z.record(z.string(), z.looseObject({})) }),
  job: z.looseObject({
    namespace: z.string(),
    name: z.string(),
    facets: z.record(z.string(), z.looseObject({})),
  }),
  inputs: z.array(z.looseObject({ name: z.string(), facets: z.record(z.string(), z.looseObject({})) })),
  outputs: z.array(z.looseObject({ name: z.string(), facets: z.record(z.string(), z.looseObject({})) })),
});

export type ReceivedEvent = z.output<typeof runEvent>;

export interface Receiver {
  readonly url: string;
  /** What it took with a 200, in the order it came. */
  readonly taken: ReceivedEvent[];
  /** What was sent, taken or not: the body as it came. */
  readonly sent: { readonly body: string; readonly authorization: string | undefined }[];
  /** Waits until it has taken so many. */
  took(count: number): Promise<void>;
}

/** A real receiver of lineage on loopback. `statusOf` says what it answers; 200 unless told. */
export async function openReceiver(
  statusOf: (event: ReceivedEvent) => number = () => 200,
): Promise<Receiver> {
  const taken: ReceivedEvent[] = [];
  const sent: Receiver["sent"] = [];
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const event = runEvent.parse(JSON.parse(body));
      sent.push({ body, authorization: request.headers.authorization });
      response.statusCode = statusOf(event);
      if (response.statusCode === 200) taken.push(event);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/api/v1/lineage`,
    taken,
    sent,
    async took(count) {
      for (let waitedMs = 0; taken.length < count; waitedMs += 20) {
        if (waitedMs > 60_000) throw new Error(`only ${taken.length} of ${count} events came`);
        await sleep(20);
      }
    },
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

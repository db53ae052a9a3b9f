import { z } from "zod";

import { sendUntil } from "./connection.ts";

// The load generator, a process of its own: gets one order, answers with what it measured.

const orderSchema = z.object({
  host: z.string(),
  port: z.number(),
  path: z.string(),
  body: z.string(),
  connections: z.number(),
  warmUpMs: z.number(),
  durationMs: z.number(),
});

process.once("message", (message: unknown) => {
  const order = orderSchema.parse(message);
  void run(order).then((result) =>
    process.send?.(result, undefined, undefined, () => process.disconnect?.()),
  );
});

async function run(order: z.output<typeof orderSchema>): Promise<Record<string, number>> {
  await measure(order, order.warmUpMs);
  const startedMs = performance.now();
  const exchanges = await measure(order, order.durationMs);
  const elapsedMs = performance.now() - startedMs;
  const latencies = Float64Array.from(exchanges, ({ latencyMs }) => latencyMs).toSorted();
  const quantile = (share: number): number => latencies[Math.ceil(share * latencies.length) - 1] ?? 0;
  return {
    perSecond: (exchanges.length / elapsedMs) * 1_000,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    errors: exchanges.filter(({ status }) => status !== 200).length,
  };
}

async function measure(order: z.output<typeof orderSchema>, durationMs: number) {
  const untilMs = performance.now() + durationMs;
  const each = await Promise.all(Array.from({ length: order.connections }, () => sendUntil(untilMs, order)));
  return each.flat();
}

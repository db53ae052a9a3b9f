import { orderSchema } from "#serving/routing";
import type { Answer, Order } from "#serving/routing";

import { messageOf, startGateway } from "./gateway.ts";
import type { Gateway, GatewayOptions } from "./gateway.ts";

/**
 * The gateway as a child process: `main.ts FOLDER HOST PORT [NOW_MS]`. Orders come and answers go over the
 * channel to the control plane; when that ends, the gateway stays and answers from its folder.
 */
if (import.meta.main) {
  // The pipe to a control plane that has ended breaks; that must not end the gateway too.
  process.stderr.on("error", () => {});
  try {
    serve(await startGateway(readArguments(process.argv.slice(2))));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "failed";
    tell({ kind: "could_not_start", code, message: messageOf(error) });
    process.exitCode = 1;
    process.disconnect?.();
  }
}

function readArguments([folder, host, port, nowMs]: readonly string[]): GatewayOptions {
  if (folder === undefined || host === undefined) throw new Error("the gateway needs a folder and a host");
  return { folder, host, port: Number(port ?? 0), nowMs: nowMs === undefined ? undefined : Number(nowMs) };
}

function serve(gateway: Gateway): void {
  process.on("message", (message: unknown) => {
    const order = orderSchema.safeParse(message);
    if (order.success) void obey(gateway, order.data);
    else process.stderr.write(`an order that is not understood: ${order.error.message}\n`);
  });
  process.on("SIGTERM", () => void gateway.stop().then(() => process.exit(0)));
  // Ctrl-C reaches the whole terminal; while there is a control plane, it decides what ends and when.
  process.on("SIGINT", () => {
    if (!process.connected) void gateway.stop().then(() => process.exit(0));
  });
  tell({ kind: "listening", port: gateway.port });
}

async function obey(gateway: Gateway, order: Order): Promise<void> {
  tell(await gateway.obey(order));
  if (order.kind === "stop") process.exit(0);
}

function tell(answer: Answer): void {
  if (process.connected) process.send?.(answer);
}

import { createHmac } from "node:crypto";

/** The headers of a delivery, as MLflow's receivers check them. The signature covers id, time and the exact body. */
export function headersOf(message: {
  readonly delivery: string;
  readonly nowMs: number;
  readonly body: string;
  readonly secret: string | undefined;
}): Record<string, string> {
  const { delivery, body, secret } = message;
  const timestamp = String(Math.floor(message.nowMs / 1_000));
  const headers = {
    "Content-Type": "application/json",
    "X-MLflow-Delivery-Id": delivery,
    "X-MLflow-Timestamp": timestamp,
  };
  if (secret === undefined) return headers;
  const signature = createHmac("sha256", secret).update(`${delivery}.${timestamp}.${body}`).digest("base64");
  return { ...headers, "X-MLflow-Signature": `v1,${signature}` };
}

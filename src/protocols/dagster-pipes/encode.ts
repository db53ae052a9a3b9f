import { deflateSync } from "node:zlib";

/** A value as it travels in a variable of Pipes: JSON, packed by zlib, in base 64. */
export function encodeParameter(value: unknown): string {
  return deflateSync(Buffer.from(JSON.stringify(value))).toString("base64");
}

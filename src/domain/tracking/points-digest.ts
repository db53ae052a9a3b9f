import { createHash } from "node:crypto";

import type { MetricPoint } from "./entities.ts";

/**
 * A digest of a set of points that does not depend on their order: two servers that count and sort
 * differently can compare millions of points without sending them.
 */
export interface PointsDigest {
  add(point: MetricPoint): void;
  result(): { readonly points: number; readonly digest: string };
}

/** The exclusive or of the SHA-256 of each point: points are distinct, so none can cancel another. */
export function createPointsDigest(): PointsDigest {
  const sum = Buffer.alloc(32);
  let points = 0;
  return {
    add({ key, step, atMs, value }) {
      points++;
      const hash = createHash("sha256")
        .update(JSON.stringify([key, step, atMs, String(value)]))
        .digest();
      for (let index = 0; index < 32; index++) sum[index] = (sum[index] ?? 0) ^ (hash[index] ?? 0);
    },
    result: () => ({ points, digest: sum.toString("hex") }),
  };
}

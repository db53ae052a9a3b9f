import { z } from "zod";

/** The parts of Kubernetes' objects that are read here; everything else in them is left alone. */

const metadata = z.object({
  name: z.string(),
  uid: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  deletionTimestamp: z.string().optional(),
});

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
});

export const jobSchema = z.object({
  metadata,
  spec: z.object({ suspend: z.boolean().optional() }).default({}),
  status: z.object({ conditions: z.array(condition).default([]) }).default({ conditions: [] }),
});
export const jobListSchema = z.object({ items: z.array(jobSchema) });

const containerState = z.object({
  waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
  running: z.object({}).optional(),
  terminated: z
    .object({ exitCode: z.number(), reason: z.string().optional(), message: z.string().optional() })
    .optional(),
});

export const podSchema = z.object({
  metadata,
  spec: z.object({ nodeName: z.string().optional() }).default({}),
  status: z
    .object({
      phase: z.enum(["Pending", "Running", "Succeeded", "Failed", "Unknown"]).default("Pending"),
      reason: z.string().optional(),
      message: z.string().optional(),
      conditions: z.array(condition).default([]),
      containerStatuses: z
        .array(z.object({ name: z.string(), state: containerState.default({}) }))
        .default([]),
    })
    .default({ phase: "Pending", conditions: [], containerStatuses: [] }),
});
export const podListSchema = z.object({ items: z.array(podSchema) });

const nowhere = { operatingSystem: "", architecture: "" };
const nodeSchema = z.object({
  metadata,
  spec: z.object({ unschedulable: z.boolean().optional() }).default({}),
  status: z
    .object({
      allocatable: z.record(z.string(), z.string()).default({}),
      nodeInfo: z.object({ operatingSystem: z.string(), architecture: z.string() }).default(nowhere),
    })
    .default({ allocatable: {}, nodeInfo: nowhere }),
});
export const nodeListSchema = z.object({ items: z.array(nodeSchema) });

const workloadSchema = z.object({
  metadata,
  status: z.object({ conditions: z.array(condition).default([]) }).default({ conditions: [] }),
});
export const workloadListSchema = z.object({ items: z.array(workloadSchema) });

export type Job = z.infer<typeof jobSchema>;
export type Pod = z.infer<typeof podSchema>;
export type Node = z.infer<typeof nodeSchema>;
export type Workload = z.infer<typeof workloadSchema>;
export type Condition = z.infer<typeof condition>;

const units: Readonly<Record<string, number>> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** Reads a quantity such as `500m`, `2` or `7936Mi`; 0 for what is none. */
export function readQuantity(text: string | undefined): number {
  const match = /^([\d.]+)([a-zA-Z]*)$/.exec(text ?? "");
  return match === null ? 0 : Number(match[1]) * (units[match[2] ?? ""] ?? 0);
}

import { z } from "zod";

import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { ComputeTarget } from "./contract.ts";
import { workStates } from "./contract.ts";
import { listEndedWork, listOpenWork } from "./store.ts";
import type { Work } from "./store.ts";

const resources = z.object({ cpus: z.number(), memoryBytes: z.number(), gpus: z.number() });

const work = z
  .object({
    id: z.string(),
    target: z.string(),
    project: z.string(),
    owner: z.string(),
    label: z.string(),
    state: z.enum(workStates),
    /** Of those that wait: which comes first, from 1. */
    position: z.number().nullable(),
    reason: z.string(),
    resources,
    exitCode: z.number().nullable(),
    submittedAtMs: z.number(),
    startedAtMs: z.number().nullable(),
    endedAtMs: z.number().nullable(),
  })
  .meta({ id: "ComputeWork" });

const target = z
  .object({
    name: z.string(),
    kind: z.enum(["local", "ray", "kubernetes"]),
    isAvailable: z.boolean(),
    /** What is wrong when it is not available; else empty. */
    problem: z.string(),
    next: z.string(),
    version: z.string().nullable(),
    largest: resources.nullable(),
    canGrow: z.boolean(),
    canUseImages: z.boolean(),
    /** What stages run in that name no image; null where none are run. */
    defaultImage: z.string().nullable(),
    platform: z.string().nullable(),
    interpreter: z.string().nullable(),
    running: z.number(),
    queued: z.number(),
  })
  .meta({ id: "ComputeTarget" });

const endedShown = 50;

/** The compute page: targets as they say of themselves, and the work of projects one may read. */
export function createRoutes(db: Database, targets: readonly ComputeTarget[]): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/compute",
      permission: "project:read",
      scope: "handler",
      summary: "Compute targets with what they can do, and their work: what runs, what waits and for what",
      tags: ["compute"],
      response: z.object({ targets: z.array(target), work: z.array(work) }),
      async handler({ onlyAllowed }) {
        const open = await listOpenWork(db);
        const visible = await onlyAllowed(
          [...open, ...(await listEndedWork(db, endedShown))],
          (one) => one.order.project,
        );
        return {
          targets: await Promise.all(targets.map((one) => presentTarget(one, open))),
          work: visible.map((one) => presentWork(one, open)),
        };
      },
    }),
  ];
}

async function presentTarget(one: ComputeTarget, open: readonly Work[]): Promise<z.input<typeof target>> {
  const mine = open.filter((candidate) => candidate.target === one.name);
  const counts = {
    running: mine.filter(({ status }) => status.state === "running").length,
    queued: mine.filter(({ status }) => status.state === "queued").length,
  };
  const { name, kind } = one;
  const defaultImage = one.images?.default ?? null;
  try {
    const able = await one.capabilities();
    const { largest = null, version, canGrow, canUseImages, platform, interpreter } = able;
    const good = { isAvailable: true, problem: "", next: "", defaultImage };
    const told = { version, largest, canGrow, canUseImages, platform, interpreter };
    return { name, kind, ...good, ...told, ...counts };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const bad = {
      isAvailable: false,
      defaultImage,
      platform: null,
      interpreter: null,
      problem: error.message,
      next: error.next,
      version: null,
      largest: null,
    };
    return { name, kind, ...bad, canGrow: false, canUseImages: false, ...counts };
  }
}

function presentWork(one: Work, open: readonly Work[]): z.input<typeof work> {
  const { status, order } = one;
  const line = open.filter(({ status: { state }, target: at }) => state === "queued" && at === one.target);
  const position = line.findIndex(({ id }) => id === one.id);
  return {
    id: one.id,
    target: one.target,
    project: order.project,
    owner: order.owner,
    label: order.label,
    state: status.state,
    position: position === -1 ? null : position + 1,
    reason: status.reason,
    resources: one.spec.resources,
    exitCode: status.exitCode,
    submittedAtMs: one.submittedAtMs,
    startedAtMs: status.startedAtMs,
    endedAtMs: status.endedAtMs,
  };
}

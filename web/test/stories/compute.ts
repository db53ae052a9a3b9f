import type { Approval } from "../../src/data/approvals.ts";
import type { Compute, Queue } from "../../src/data/compute.ts";
import type { StoryAnswer } from "./answer.ts";
import { day, hour, minute, nowMs } from "./time.ts";

const resources = (cpu: number, gigabytes = 0, gpu = 0) => ({ cpu, memoryBytes: gigabytes * 1e9, gpu });

const queue: Queue = {
  capacity: resources(8, 32, 1),
  free: resources(1, 9.5, 0),
  running: [
    {
      execution: "exe_07",
      step: "stp_evaluate",
      stage: "evaluate",
      priority: 0,
      resources: resources(1),
      devices: [],
    },
    {
      execution: "exe_07",
      step: "stp_crossvalidate@7",
      stage: "crossvalidate@7",
      priority: 0,
      resources: resources(4, 16, 1),
      devices: ["0"],
    },
  ],
  waiting: ["8", "9", "10", "11", "12"].map((fold, index) => ({
    execution: "exe_07",
    step: `stp_crossvalidate@${fold}`,
    stage: `crossvalidate@${fold}`,
    priority: index === 0 ? 10 : 0,
    resources: resources(4, 16, 1),
    position: index + 1 + (index > 2 ? 1 : 0),
    reason:
      index === 0
        ? "waits for 3 more CPUs and 1 GPU: evaluate and crossvalidate@7 hold them"
        : `waits for ${index} ${index === 1 ? "step" : "steps"} before it in the queue`,
  })),
  others: { running: 1, waiting: 1 },
  executions: [
    { id: "exe_06", state: "running", reason: "waits for an answer to: May the new word list go in?" },
  ],
};

const work = (
  id: string,
  state: string,
  reason: string,
  more: Partial<Compute["work"][number]> = {},
): Compute["work"][number] => ({
  id,
  target: "ray-lab",
  project: "airline-care",
  owner: "exe_07",
  label: id,
  state,
  position: null,
  reason,
  resources: { cpus: 4, memoryBytes: 16e9, gpus: 1 },
  submittedAtMs: nowMs - 8 * minute,
  startedAtMs: null,
  endedAtMs: null,
  ...more,
});

const compute: Compute = {
  targets: [
    {
      name: "local",
      kind: "local",
      isAvailable: true,
      problem: "",
      next: "",
      version: "Linux",
      largest: { cpus: 8, memoryBytes: 32e9, gpus: 1 },
      canGrow: false,
      canUseImages: false,
      defaultImage: null,
      platform: null,
      interpreter: null,
      running: 2,
      queued: 5,
    },
    {
      name: "ray-lab",
      kind: "ray",
      isAvailable: true,
      problem: "",
      next: "",
      version: "Ray 2.52.1",
      largest: { cpus: 64, memoryBytes: 256e9, gpus: 4 },
      canGrow: true,
      canUseImages: true,
      defaultImage: null,
      platform: null,
      interpreter: null,
      running: 1,
      queued: 1,
    },
    {
      name: "cluster",
      kind: "kubernetes",
      isAvailable: false,
      problem: 'The compute target "cluster" does not answer: connection refused.',
      next: "See whether it runs, and whether its address is right: gyre doctor",
      version: null,
      largest: null,
      canGrow: false,
      canUseImages: false,
      defaultImage: null,
      platform: null,
      interpreter: null,
      running: 0,
      queued: 0,
    },
  ],
  work: [
    work("embed", "running", "Runs on 10.0.0.4.", { startedAtMs: nowMs - 6 * minute }),
    work("tune", "queued", "The cluster makes a machine with 4 CPUs and 1 GPU.", { position: 1 }),
    work("score", "succeeded", "Its commands ended well.", {
      startedAtMs: nowMs - 2 * hour,
      endedAtMs: nowMs - hour,
      submittedAtMs: nowMs - 2 * hour,
    }),
  ],
};

const approvals: Approval[] = [
  {
    execution: "exe_06",
    step: "stp_publish",
    stage: "publish",
    question: "May the new word list go in?",
    askedAtMs: nowMs - 3 * hour,
    answer: null,
    note: null,
    actor: null,
    answeredAtMs: null,
  },
  {
    execution: "exe_04",
    step: "stp_relabel",
    stage: "relabel",
    question: "Is the relabelling of 2,114 messages worth 180 EUR?",
    askedAtMs: nowMs - 2 * day,
    answer: null,
    note: null,
    actor: null,
    answeredAtMs: null,
  },
];

/** What the invented server says about where steps run and what waits for a person. */
export const computeAnswers: Record<string, StoryAnswer> = { queue, approvals: { approvals } };
export const computeEverywhere: StoryAnswer = compute;

export const computePages: Record<string, string> = {
  compute: "/projects/airline-care/compute",
  approvals: "/projects/airline-care/pipeline?tab=approvals",
};

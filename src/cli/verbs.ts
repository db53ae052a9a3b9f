import type { Command } from "commander";

import type { Terminal } from "./terminal.ts";

/** A command as the overview knows it; everything else is loaded when it is typed. */
export interface VerbEntry {
  readonly name: string;
  readonly summary: string;
  register(program: Command, terminal: Terminal): Promise<void>;
}

/** In the order of the loop: begin, run, look, deliver, watch, account. */
export const verbs: readonly VerbEntry[] = [
  {
    name: "new",
    summary: "make a project from a template",
    register: async (program, terminal) => (await import("./verbs/new.ts")).registerNew(program, terminal),
  },
  {
    name: "up",
    summary: "start the server, the interface and the gateway",
    register: async (program, terminal) => (await import("./verbs/up.ts")).registerUp(program, terminal),
  },
  {
    name: "demo",
    summary: "one product, all the way round the loop",
    register: async (program, terminal) => (await import("./demo/demo.ts")).registerDemo(program, terminal),
  },
  {
    name: "check",
    summary: "validate the project's files, show what follows from them",
    register: async (program, terminal) =>
      (await import("./verbs/check.ts")).registerCheck(program, terminal),
  },
  {
    name: "apply",
    summary: "make the server agree with gyre.yaml, and import its data",
    register: async (program, terminal) =>
      (await import("./verbs/apply.ts")).registerApply(program, terminal),
  },
  {
    name: "run",
    summary: "run the pipeline, or the part of it that makes the stages named",
    register: async (program, terminal) => (await import("./verbs/run.ts")).registerRun(program, terminal),
  },
  {
    name: "study",
    summary: "search over parameters of the pipeline",
    register: async (program, terminal) =>
      (await import("./verbs/study.ts")).registerStudy(program, terminal),
  },
  {
    name: "why",
    summary: "why a stage would run now, or would not",
    register: async (program, terminal) => (await import("./verbs/why.ts")).registerWhy(program, terminal),
  },
  {
    name: "export",
    summary: "the pipeline as a file for Airflow, Argo or Step Functions",
    register: async (program, terminal) =>
      (await import("./verbs/export.ts")).registerExport(program, terminal),
  },
  {
    name: "verify",
    summary: "run cached stages again, say which are not reproducible",
    register: async (program, terminal) =>
      (await import("./verbs/verify.ts")).registerVerify(program, terminal),
  },
  {
    name: "schedule",
    summary: "list when the pipeline runs by itself, add and remove times",
    register: async (program, terminal) =>
      (await import("./verbs/schedule.ts")).registerSchedule(program, terminal),
  },
  {
    name: "backfill",
    summary: "run the pipeline for many dates or values",
    register: async (program, terminal) =>
      (await import("./verbs/backfill.ts")).registerBackfill(program, terminal),
  },
  {
    name: "secret",
    summary: "list and set what stages may know and nobody may read",
    register: async (program, terminal) =>
      (await import("./verbs/secret.ts")).registerSecret(program, terminal),
  },
  {
    name: "runs",
    summary: "list tracked runs, show one",
    register: async (program, terminal) => (await import("./verbs/runs.ts")).registerRuns(program, terminal),
  },
  {
    name: "data",
    summary: "list data sets and their versions, show one",
    register: async (program, terminal) => (await import("./verbs/data.ts")).registerData(program, terminal),
  },
  {
    name: "models",
    summary: "list models and their versions, show one",
    register: async (program, terminal) =>
      (await import("./verbs/models.ts")).registerModels(program, terminal),
  },
  {
    name: "diff",
    summary: "two runs, executions or model versions, side by side",
    register: async (program, terminal) => (await import("./verbs/diff.ts")).registerDiff(program, terminal),
  },
  {
    name: "release",
    summary: "ask for a release: gates, approval, rollout",
    register: async (program, terminal) =>
      (await import("./verbs/release.ts")).registerRelease(program, terminal),
  },
  {
    name: "approve",
    summary: "approve a release, or answer the question of a pipeline",
    register: async (program, terminal) =>
      (await import("./verbs/approve.ts")).registerApprove(program, terminal),
  },
  {
    name: "decline",
    summary: "decline a release, or the question of a pipeline",
    register: async (program, terminal) =>
      (await import("./verbs/decline.ts")).registerDecline(program, terminal),
  },
  {
    name: "rollback",
    summary: "end the release under way, or go back to the one before the live one",
    register: async (program, terminal) =>
      (await import("./verbs/rollback.ts")).registerRollback(program, terminal),
  },
  {
    name: "releases",
    summary: "list releases, show one with its gates",
    register: async (program, terminal) =>
      (await import("./verbs/releases.ts")).registerReleases(program, terminal),
  },
  {
    name: "compute",
    summary: "list where stages run: this machine and clusters",
    register: async (program, terminal) =>
      (await import("./verbs/compute.ts")).registerCompute(program, terminal),
  },
  {
    name: "deployments",
    summary: "list what answers requests, show one",
    register: async (program, terminal) =>
      (await import("./verbs/deployments.ts")).registerDeployments(program, terminal),
  },
  {
    name: "predict",
    summary: "predict one record or many, with what is live",
    register: async (program, terminal) =>
      (await import("./verbs/predict.ts")).registerPredict(program, terminal),
  },
  {
    name: "trace",
    summary: "where a prediction came from",
    register: async (program, terminal) =>
      (await import("./verbs/trace.ts")).registerTrace(program, terminal),
  },
  {
    name: "incidents",
    summary: "list incidents, show one with its cause and timeline",
    register: async (program, terminal) =>
      (await import("./verbs/incidents.ts")).registerIncidents(program, terminal),
  },
  {
    name: "audit",
    summary: "read the ledger, verify its hash chain",
    register: async (program, terminal) =>
      (await import("./verbs/audit.ts")).registerAudit(program, terminal),
  },
  {
    name: "dvc",
    summary: "DVC's verbs, on a DVC repository in place: add, status, repro, push, …",
    register: async (program) => (await import("./verbs/dvc.ts")).registerDvc(program),
  },
  {
    name: "import",
    summary: "bring in what another tracking server holds",
    register: async (program, terminal) =>
      (await import("./verbs/import.ts")).registerImport(program, terminal),
  },
  {
    name: "people",
    summary: "list who may do what, add somebody",
    register: async (program, terminal) =>
      (await import("./verbs/people.ts")).registerPeople(program, terminal),
  },
  {
    name: "login",
    summary: "store a token for a server, in a file only you can read",
    register: async (program, terminal) =>
      (await import("./verbs/login.ts")).registerLogin(program, terminal),
  },
  {
    name: "gc",
    summary: "remove stored content that nothing refers to any more",
    register: async (program, terminal) => (await import("./verbs/gc.ts")).registerGc(program, terminal),
  },
  {
    name: "doctor",
    summary: "look whether everything Gyre needs is here and works",
    register: async (program, terminal) =>
      (await import("./verbs/doctor.ts")).registerDoctor(program, terminal),
  },
];

export function findVerb(name: string): VerbEntry | undefined {
  return verbs.find((verb) => verb.name === name);
}

import type { Command } from "commander";

import type { Terminal } from "./terminal.ts";

/** A command as the overview knows it; everything else is loaded when it is typed. */
export interface VerbEntry {
  readonly name: string;
  readonly summary: string;
  register(program: Command, terminal: Terminal): Promise<void>;
}

/** In the order of the loop: begin, run, look, deliver, account. */
export const verbs: readonly VerbEntry[] = [
  {
    name: "new",
    summary: "make a project from a template",
    register: async (program, terminal) => (await import("./verbs/new.ts")).registerNew(program, terminal),
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
    name: "release",
    summary: "ask for a release: gates, approval, rollout",
    register: async (program, terminal) =>
      (await import("./verbs/release.ts")).registerRelease(program, terminal),
  },
  {
    name: "releases",
    summary: "list releases, show one with its gates",
    register: async (program, terminal) =>
      (await import("./verbs/releases.ts")).registerReleases(program, terminal),
  },
  {
    name: "approve",
    summary: "approve a release that somebody else asked for",
    register: async (program, terminal) =>
      (await import("./verbs/approve.ts")).registerApprove(program, terminal),
  },
  {
    name: "decline",
    summary: "decline a release, with the reason",
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
    name: "deployments",
    summary: "list what answers requests, show one",
    register: async (program, terminal) =>
      (await import("./verbs/deployments.ts")).registerDeployments(program, terminal),
  },
  {
    name: "incidents",
    summary: "list incidents, show one with its cause and timeline",
    register: async (program, terminal) =>
      (await import("./verbs/incidents.ts")).registerIncidents(program, terminal),
  },
];

export function findVerb(name: string): VerbEntry | undefined {
  return verbs.find((verb) => verb.name === name);
}

/** An invented project in the middle of its loop, for tests of pages only: every page has content. */
import type { Person } from "../src/data/session.ts";
import type { StoryAnswer } from "./stories/answer.ts";
import { auditAnswers, auditPages } from "./stories/audit.ts";
import { automationAnswers, automationPages } from "./stories/automation.ts";
import { charterAnswers, charterPages } from "./stories/charter.ts";
import { computeAnswers, computeEverywhere, computePages } from "./stories/compute.ts";
import { dataAnswers, dataPages } from "./stories/data.ts";
import { evaluationDatasetAnswers, evaluationDatasetPages } from "./stories/evaluation-datasets.ts";
import { executionAnswers, executionPages } from "./stories/executions.ts";
import { modelAnswers, modelPages } from "./stories/models.ts";
import { monitoringAnswers, monitoringPages } from "./stories/monitoring.ts";
import { overviewAnswers } from "./stories/overview.ts";
import { releaseAnswers, releasePages } from "./stories/releases.ts";
import { runAnswers, runPages } from "./stories/runs.ts";
import { servingAnswers, servingPages } from "./stories/serving.ts";
import { studyAnswers, studyPages } from "./stories/studies.ts";
import { verificationAnswers, verificationPages } from "./stories/verifications.ts";
import { traceAnswers, tracePages } from "./stories/traces.ts";
import { day, nowMs } from "./stories/time.ts";
import { webhookAnswers, webhookPages } from "./stories/webhooks.ts";

export { nowMs } from "./stories/time.ts";

const people: Person[] = [
  { id: "system", name: "Gyre", kind: "system" },
  { id: "usr_mira", name: "mira", kind: "person" },
];

/** What the invented server answers, by path. */
export const answers: Readonly<Record<string, StoryAnswer>> = {
  "/api/v1/me": {
    permissions: { everywhere: [], projects: {} },
    principal: { id: "usr_mira", name: "Mira Halonen", kind: "person", via: "session" },
  },
  "/api/v1/projects": {
    projects: [
      { id: "airline-care", folder: null, charterVersion: 3, createdAtMs: nowMs - 60 * day },
      { id: "bike-demand", folder: null, charterVersion: 1, createdAtMs: nowMs - 20 * day },
    ],
  },
  "/api/v1/compute": computeEverywhere,
  ...webhookAnswers,
  "/api/v1/audit/verify": { intact: true, events: 220, headHash: "ab", firstBroken: null },
  ...project({
    ...overviewAnswers,
    ...charterAnswers,
    ...dataAnswers,
    ...executionAnswers,
    ...computeAnswers,
    ...studyAnswers,
    ...automationAnswers,
    ...verificationAnswers,
    ...traceAnswers,
    ...evaluationDatasetAnswers,
    ...runAnswers,
    ...modelAnswers,
    ...releaseAnswers,
    ...servingAnswers,
    ...monitoringAnswers,
    people: { people },
    ...auditAnswers,
  }),
};

/** Every page of the product, by a name for its picture. */
export const pages: Readonly<Record<string, string>> = {
  projects: "/?all=true",
  "sign-in": "/sign-in",
  "not-found": "/nowhere",
  home: "/projects/airline-care",
  ...charterPages,
  ...dataPages,
  pipeline: "/projects/airline-care/pipeline",
  ...executionPages,
  ...computePages,
  ...studyPages,
  ...automationPages,
  ...verificationPages,
  ...runPages,
  ...tracePages,
  ...evaluationDatasetPages,
  ...modelPages,
  ...releasePages,
  ...servingPages,
  ...monitoringPages,
  ...webhookPages,
  ...auditPages,
  missing: "/projects/airline-care/releases/rel_99",
};

function project(parts: Record<string, StoryAnswer>): Record<string, StoryAnswer> {
  return Object.fromEntries(
    Object.entries(parts).map(([path, answer]) => [`/api/v1/projects/airline-care/${path}`, answer]),
  );
}

import { z } from "zod";

import { dayMs, hourMs } from "#kernel/clock";
import type { Incident } from "#monitoring";

import { createApi } from "./api.ts";
import type { Api } from "./api.ts";
import type { Message, MessageStream } from "./messages/index.ts";
import { badCandidate, badCanary } from "./saboteurs.ts";
import type { Sabotage } from "./saboteurs.ts";
import { project } from "./stage.ts";
import type { Stage } from "./stage.ts";
import type { Narrator } from "./tell.ts";
import { between, createOutcomeDelays, sendAll } from "./traffic.ts";
import type { Answered } from "./traffic.ts";

const base = `/api/v1/projects/${project}`;
const page = `/projects/${project}`;
const environment = "production";

const releaseAnswer = z.object({ release: z.object({ id: z.string(), state: z.string() }) });
/** How long the story stays after its last act, so that its end can be looked at. */
const quietMs = 12 * hourMs;
const inferenceAnswer = z.object({ parameters: z.object({ prediction_id: z.string() }) });

/** The story did not go as it must: which part, and what was seen instead. */
export class StoryBroken extends Error {
  /** What to do about it, where the part that failed says so. */
  readonly next: string | undefined;

  constructor(message: string, next?: string) {
    super(message);
    this.next = next;
  }
}

/**
 * Plays the product once round the whole loop. Everything a client would do goes over HTTP: traffic to the
 * gateway, outcomes, releases, and the approvals of the second person with her own token.
 */
export async function playStory(stage: Stage, stream: MessageStream, narrator: Narrator): Promise<void> {
  const { system, clock, author, reviewer } = stage;
  const { tell, aside } = narrator;
  const asAuthor = createApi(system.url());
  const asReviewer = createApi(system.url(), reviewer.token);
  const gateway = createApi(system.gatewayUrl());
  const outcomeAtMs = createOutcomeDelays(stream.seed);
  const told = new Set<string>();
  let waiting: Answered[] = [];

  // --- the first data, and the rule that answers before any training

  const applied = await system.projectFolder.apply({ folder: stage.folder, actor: author.id });
  tell({
    step: "project",
    what: `made from the blueprint text-classification; ${stream.origin}`,
    id: project,
    link: page,
  });
  const [first] = applied.datasets;
  if (first === undefined || first.version.state !== "usable")
    throw new StoryBroken("the first data is not usable");
  const firstVersionId = first.version.id;
  tell({
    step: "data",
    what: `messages ${first.version.number}: ${first.version.rows} rows keep their contract, digest ${first.version.digest.slice(0, 12)}`,
    id: first.version.id,
    link: `${page}/data/messages/${first.version.number}`,
  });
  if (applied.baseline === null) throw new StoryBroken("the blueprint names no baseline");
  const rule = await releaseVersion(applied.baseline.id, "a rule is better than nothing");
  await approve(rule, "the bar for every model");
  await expectState(rule, "live");
  tell({
    step: "baseline",
    what: `a keyword rule is live at ${system.gatewayUrl()}/v2/models/${project}/infer, before any training`,
    id: rule,
    link: `${page}/releases/${rule}`,
  });

  // --- the first model

  const trained = await train("the first model", {});
  const release = await releaseVersion(trained, "the first trained model");
  await tellJudgement(release, trained);
  await expectState(release, "awaiting_approval");
  await approve(release, "gates read, threshold plausible");
  tell({
    step: "approval",
    what: `${reviewer.name} approved; ${author.name} could not: nobody approves their own release`,
    id: release,
    link: `${page}/releases/${release}`,
  });

  // --- traffic, outcomes, the event, and everything that follows from them

  // After the last message the last outcomes still arrive, and windows close.
  const endMs = (stream.traffic.at(-1)?.createdAtMs ?? 0) + 3 * dayMs;
  const sabotages: Sabotage[] = [badCandidate(), badCanary(stream, firstVersionId)];
  let recoveredAtMs: number | undefined;
  let closedAtMs: number | undefined;
  const startMs = floorHour(stream.traffic[0]?.createdAtMs ?? 0);
  for (let nowMs = startMs; nowMs < endMs; nowMs += hourMs) {
    await stage.advanceTo(nowMs);
    if (nowMs >= stream.event.atMs)
      tellOnce("event", () => tell({ step: "event", what: stream.event.description, id: null, link: null }));
    await answer(between(stream.traffic, nowMs, nowMs + hourMs));
    if (new Date(nowMs).getUTCHours() % 6 === 0) await deliverOutcomes();
    await tellIncidents();
    await reviewReleases();
    recoveredAtMs ??= (await hasRecovered()) ? nowMs : undefined;

    const next = sabotages.find((one) =>
      one.when === "before_event" ? firstIsLive(nowMs) : told.has("retrained is live"),
    );
    if (next !== undefined && !(await isRollingOut())) {
      sabotages.splice(sabotages.indexOf(next), 1);
      await sabotage(next);
    }
    if (recoveredAtMs !== undefined && sabotages.length === 0 && told.has("guardrail")) closedAtMs ??= nowMs;
    if (closedAtMs !== undefined && nowMs - closedAtMs >= quietMs) break;
  }
  await requireWholeStory();

  // --- the parts

  async function train(
    reason: string,
    sabotage: { parameters?: Record<string, unknown>; datasetVersions?: Record<string, string> },
  ): Promise<string> {
    const execution = await system.pipelines.commands.execute({
      project,
      purpose: { kind: "requested", reason },
      actor: author.id,
      ...sabotage,
    });
    await system.settle();
    const done = await system.pipelines.getExecution(execution.id);
    if (done.state !== "succeeded") {
      const failed = done.steps.find((step) => step.state === "failed");
      const failure = failed?.failure ?? done.failure;
      const lines = failed?.lastLines.slice(-3).map((line) => `\n  | ${line}`) ?? [];
      throw new StoryBroken(
        `the pipeline ${done.state}: ${failure?.message ?? ""}${lines.join("")}`,
        failure?.next,
      );
    }
    const cached = done.steps.filter((step) => step.state === "cached").length;
    tell({
      step: "pipeline",
      what: `${done.steps.map((step) => step.stage).join(", ")}: ${done.steps.length - cached} ran, ${cached} from the cache (${reason})`,
      id: done.id,
      link: `${page}/executions/${done.id}`,
    });
    const version = await system.registry.versionOfExecution(done.id);
    if (version === undefined || version.state !== "ready") {
      throw new StoryBroken(`no version was registered: ${version?.rejection ?? "see the failed jobs"}`);
    }
    const parity =
      version.parity === null
        ? ""
        : `, ONNX agrees within ${version.parity.largestDifference.toExponential(0)} on ${version.parity.rows} rows`;
    tell({
      step: "version",
      what: `${version.model} ${version.number}: ${version.files.length} files, digest ${version.digest.slice(0, 12)}${parity}`,
      id: version.id,
      link: `${page}/models/${version.model}/${version.number}`,
    });
    return version.id;
  }

  async function releaseVersion(modelVersionId: string, reason: string): Promise<string> {
    const version = await system.registry.getVersion(modelVersionId);
    const { release } = await asAuthor.post(
      `${base}/releases`,
      { model: version.model, version: String(version.number), environment, reason },
      releaseAnswer,
    );
    await system.settle();
    return release.id;
  }

  async function approve(releaseId: string, note: string): Promise<void> {
    await asReviewer.post(`${base}/releases/${releaseId}/approve`, { note }, releaseAnswer);
    await system.settle();
  }

  async function expectState(releaseId: string, state: string): Promise<void> {
    const release = await system.delivery.getRelease(releaseId);
    if (release.state === state) return;
    const gates = release.gates
      .filter((gate) => gate.verdict === "failed")
      .map((gate) => `${gate.gate.id}: ${gate.finding}`);
    throw new StoryBroken(
      `version ${release.number} should be ${state} and is ${release.state}. ${gates.join(" ")}${release.endReason ?? ""}`,
    );
  }

  async function tellJudgement(releaseId: string, versionId: string): Promise<void> {
    const release = await system.delivery.getRelease(releaseId);
    const version = await system.registry.getVersion(versionId);
    const failed = release.gates.filter((gate) => gate.verdict === "failed");
    const cost = release.gates.find((gate) => gate.gate.metric === "expected_cost");
    const outcome =
      failed.length === 0
        ? `all ${release.gates.length} gates hold`
        : `stopped by ${failed.map((gate) => `${gate.gate.id} (${gate.finding.replace(/\.$/, "")})`).join(", ")}`;
    const threshold = release.threshold === null ? "" : `, decides at ${release.threshold.toFixed(3)}`;
    tell({
      step: "gates",
      what: `version ${version.number}: ${outcome}${failed.length === 0 && cost !== undefined ? `; cost ${cost.finding.replace(/\.$/, "")}` : ""}${threshold}`,
      id: releaseId,
      link: `${page}/releases/${releaseId}`,
    });
  }

  async function answer(messages: readonly Message[]): Promise<void> {
    const ids = await sendAll(messages, (message) => predict(gateway, message));
    for (const [index, message] of messages.entries()) {
      waiting.push({ predictionId: ids[index] ?? "", message, outcomeAtMs: outcomeAtMs(message) });
    }
  }

  /** Every six hours a batch of what customers said meanwhile: late, out of order, never all of it. */
  async function deliverOutcomes(): Promise<void> {
    const nowMs = clock.nowMs();
    const due = waiting.filter((one) => one.outcomeAtMs !== null && one.outcomeAtMs <= nowMs);
    waiting = waiting.filter((one) => one.outcomeAtMs !== null && one.outcomeAtMs > nowMs);
    if (due.length === 0) return;
    const outcomes = due.map((one) => ({
      predictionId: one.predictionId,
      value: one.message.sentiment,
      observedAtMs: one.outcomeAtMs ?? nowMs,
    }));
    await asAuthor.post(`${base}/outcomes`, { outcomes }, z.looseObject({}));
    await system.settle();
    tellOnce("outcomes", () =>
      tell({
        step: "outcomes",
        what: `the first ${due.length} outcomes arrived, joined to their predictions by id`,
        id: null,
        link: `${page}/monitoring`,
      }),
    );
  }

  async function reviewReleases(): Promise<void> {
    for (const release of await system.delivery.listReleases(project)) {
      if (release.state === "awaiting_approval" && release.requestedBy === "system") {
        const version = await system.registry.getVersion(release.modelVersionId);
        tellOnce(`retrained ${release.id}`, () =>
          tell({
            step: "retrained",
            what: `version ${version.number} of new data: ${release.reason}`,
            id: version.id,
            link: `${page}/models/${version.model}/${version.number}`,
          }),
        );
        await tellJudgement(release.id, release.modelVersionId);
        await approve(release.id, "retrained because of the incident");
      }
      if (
        release.state === "refused" &&
        release.requestedBy === "system" &&
        !told.has(`refused ${release.id}`)
      ) {
        told.add(`refused ${release.id}`);
        await tellJudgement(release.id, release.modelVersionId);
      }
      if (release.state === "live" && release.requestedBy === "system") told.add("retrained is live");
      if (release.state === "live" && release.replaces !== null) {
        tellOnce(`live ${release.id}`, () =>
          tell({
            step: "live",
            what: `version ${release.number} went through shadow and canary and answers everything`,
            id: release.id,
            link: `${page}/releases/${release.id}`,
          }),
        );
      }
    }
  }

  async function tellIncidents(): Promise<void> {
    for (const incident of (await system.monitoring.listIncidents(project)).toReversed()) {
      const link = `${page}/incidents/${incident.id}`;
      if (incident.severity === "page") {
        tellOnce(`opened ${incident.id}`, () => {
          tell({
            step: "incident",
            what: `${incident.title}. ${incident.cause.sentence}`,
            id: incident.id,
            link,
          });
        });
      }
      if (incident.state === "resolved" && incident.kind === "performance") {
        tellOnce(`resolved ${incident.id}`, () => {
          tell({
            step: "resolved",
            what: `${incident.title}: ${incident.resolution?.note ?? "closed"}`,
            id: incident.id,
            link,
          });
        });
      }
      if (incident.kind === "guardrail") {
        const release = await system.delivery.getRelease(incident.releaseId);
        if (release.state !== "rolled_back") continue;
        tellOnce("guardrail", () => {
          tell({
            step: "rolled back",
            what: `version ${release.number} by itself: ${release.endReason ?? ""}`,
            id: release.id,
            link: `${page}/releases/${release.id}`,
          });
        });
      }
    }
  }

  async function hasRecovered(): Promise<boolean> {
    const incidents = await incidentsOfEvent();
    return incidents.length > 0 && incidents.every((one) => one.state === "resolved");
  }

  /** The baseline may have had one of its own before, where a rule does badly. */
  async function incidentsOfEvent(): Promise<readonly Incident[]> {
    return (await performanceIncidents()).filter((one) => one.openedAtMs >= stream.event.atMs);
  }

  async function performanceIncidents(): Promise<readonly Incident[]> {
    return (await system.monitoring.listIncidents(project)).filter((one) => one.kind === "performance");
  }

  async function isRollingOut(): Promise<boolean> {
    const open = new Set(["judging", "awaiting_approval", "rolling_out"]);
    return (await system.delivery.listReleases(project)).some((one) => open.has(one.state));
  }

  async function sabotage(bad: Sabotage): Promise<void> {
    aside(`sabotage: ${bad.what}`);
    const version = await train(bad.what, {
      parameters: bad.parameters,
      ...(bad.datasetVersions === undefined ? {} : { datasetVersions: bad.datasetVersions }),
    });
    const releaseId = await releaseVersion(version, bad.what);
    await tellJudgement(releaseId, version);
    await expectState(releaseId, bad.endsAt === "gates" ? "refused" : "awaiting_approval");
    if (bad.endsAt === "rollout") await approve(releaseId, "the gates hold");
  }

  /** The first model answers everything, and the world is as it was. */
  function firstIsLive(nowMs: number): boolean {
    return told.has(`live ${release}`) && nowMs < stream.event.atMs;
  }

  function tellOnce(key: string, telling: () => void): void {
    if (told.has(key)) return;
    told.add(key);
    telling();
  }

  async function requireWholeStory(): Promise<void> {
    const incidents = stream.isMade ? await performanceIncidents() : await incidentsOfEvent();
    // What people really wrote need not become easier to judge by training on more of it: there an incident may
    // stay open, or a second one find that the new version keeps its bounds no better.
    const isAsPlanned = stream.isMade ? incidents.length === 1 : incidents.length > 0;
    if (!isAsPlanned)
      throw new StoryBroken(`one performance incident was to be opened, and there are ${incidents.length}`);
    if (recoveredAtMs === undefined && stream.isMade)
      throw new StoryBroken("quality did not recover: the incident is still open");
    if (recoveredAtMs === undefined)
      aside(
        "an incident is still open: on these messages the new version has not shown itself within its bounds",
      );
    if (!told.has("guardrail")) throw new StoryBroken("the bad canary was not rolled back");
  }
}

async function predict(gateway: Api, message: Message): Promise<string> {
  const text = (name: string, value: string): unknown => ({
    name,
    datatype: "BYTES",
    shape: [1],
    data: [value],
  });
  const inputs = [
    text("text", message.text),
    text("airline", message.airline),
    text("customer_id", message.customerId),
    text("customer_name", message.customerName),
  ];
  const answer = await gateway.post(`/v2/models/${project}/infer`, { inputs }, inferenceAnswer);
  return answer.parameters.prediction_id;
}

function floorHour(atMs: number): number {
  return Math.floor(atMs / hourMs) * hourMs;
}

import { z } from "zod";

import type { Data } from "#data";
import type { Delivery, DesiredVariant, HoldoutEvidence, Release } from "#delivery";
import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Analyst } from "#kernel/columnar";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import { createId } from "#kernel/ids";
import type { JobQueue } from "#kernel/jobs";
import type { Log } from "#kernel/log";
import { segmentsOf } from "#objectives";
import type { Objectives } from "#objectives";
import type { ModelVersion, Registry } from "#registry";
import { openRule, parseRule } from "#registry/runtimes";

import { createGatewayProcess } from "./gateway-process.ts";
import { readHoldout } from "./holdout.ts";
import { createInfer } from "./inference-client.ts";
import type { Deployment, DeployedVariant, Prediction, Serving } from "./index.ts";
import { measureLoad, releaseLoad, scoreHoldout } from "./measure.ts";
import { problems } from "./problems.ts";
import { createRoutes } from "./routes.ts";
import type { RoutingTable, ServedRoute, Variant } from "./routing/index.ts";
import { readDeployments, saveDeployment } from "./store.ts";
import type { DeploymentRow } from "./store.ts";
import { readTraffic } from "./traffic.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    /** Stages a release's candidate, sends it the holdout and a short load, and announces the evidence. */
    "serving.measure_candidate": { readonly releaseId: string };
  }
}

export interface ServingModule extends Serving {
  readonly routes: readonly Route[];
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Passes a simulated time on to the gateway. */
  setClock(nowMs: number): Promise<void>;
  /** Makes the gateway answer what delivery desires; idempotent. */
  reconcile(): Promise<void>;
}

export interface ServingParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly analyst: Analyst;
  readonly log: Log;
  readonly objectives: Objectives;
  readonly data: Data;
  readonly registry: Registry;
  readonly delivery: Delivery;
  readonly gateway: {
    readonly program: URL;
    readonly folder: string;
    readonly host: string;
    readonly port: number;
    /** Set when time is simulated: the gateway is a process of its own and must be told. */
    readonly simulatedNowMs: () => number | undefined;
  };
}

/** Rollouts and traffic are the production environment's; staging is where candidates are measured. */
const environment = "production";

const measurePayload = z.object({ releaseId: z.string() });
const storedVariants = z.array(
  z.object({
    role: z.enum(["live", "canary", "shadow"]),
    share: z.number(),
    releaseId: z.string(),
    modelVersionId: z.string(),
    number: z.number(),
    threshold: z.number().nullable(),
  }),
);

export function createServing(parts: ServingParts): ServingModule {
  const { db, ledger, clock, jobs, blobs, analyst, objectives, registry, delivery, log } = parts;
  let generation = 0;
  let reconciling: Promise<void> = Promise.resolve();

  const gateway = createGatewayProcess({
    ...parts.gateway,
    log,
    onLost: (reason) => void announceGateway("gateway.lost", { reason }),
    onBack: ({ port, processId }) => void announceGateway("gateway.started", { port, processId }),
  });

  async function announceGateway<Kind extends "gateway.lost" | "gateway.started">(
    kind: Kind,
    data: Parameters<typeof ledger.append<Kind>>[0]["data"],
  ): Promise<void> {
    await db.transaction(() =>
      ledger.append({ kind, subject: "gateway", project: null, actor: "system", data }),
    );
  }

  const gatewayUrl = (): string => `http://${parts.gateway.host}:${gateway.port()}`;

  /** One reconciliation at a time, and the last one sees the newest state. */
  function reconcile(): Promise<void> {
    reconciling = reconciling.catch(() => {}).then(applyDesired);
    return reconciling;
  }

  async function applyDesired(): Promise<void> {
    const table = await desiredTable();
    await gateway.route(table);
    for (const route of table.routes) if (!isStaging(route)) await rememberDeployment(route);
  }

  async function desiredTable(): Promise<RoutingTable> {
    const routes: ServedRoute[] = [];
    for (const project of await objectives.listProjects()) {
      const live = await liveRoute(project.id);
      if (live !== undefined) routes.push(live);
    }
    for (const release of await delivery.listJudging()) routes.push(await stagingRoute(release));
    generation += 1;
    return { generation: Math.max(generation, clock.nowMs()), routes };
  }

  async function liveRoute(project: string): Promise<ServedRoute | undefined> {
    const desired = await delivery.desiredRouting(project, environment);
    if (desired.live === null) return undefined;
    const version = await registry.getVersion(desired.live.modelVersionId);
    const candidate = desired.candidate;
    const candidateShare = candidate?.kind === "canary" ? candidate.share : 0;
    const variants = [await variantOf(desired.live, "live", 1 - candidateShare)];
    if (candidate !== null) variants.push(await variantOf(candidate, candidate.kind, candidateShare));
    return await routeOf(project, version.model, await deploymentId(project), variants);
  }

  async function stagingRoute(release: Release): Promise<ServedRoute> {
    const variant = await variantOf(
      { releaseId: release.id, modelVersionId: release.modelVersionId, threshold: null },
      "staging",
      1,
    );
    return await routeOf(release.project, stagingName(release), `staging:${release.id}`, [variant]);
  }

  async function routeOf(
    project: string,
    name: string,
    deployment: string,
    variants: Variant[],
  ): Promise<ServedRoute> {
    const { projectFile } = await objectives.getCharter(project);
    const { unit, log: logged } = projectFile.serving;
    return {
      name,
      project,
      deployment,
      positive: projectFile.objective?.positive ?? "",
      unit,
      log: { sample: logged.sampleShare, drop: [...logged.drop] },
      variants,
    };
  }

  async function variantOf(desired: DesiredVariant, role: Variant["role"], share: number): Promise<Variant> {
    const version = await registry.getVersion(desired.modelVersionId);
    return {
      role,
      share,
      releaseId: desired.releaseId,
      modelVersionId: version.id,
      number: version.number,
      kind: version.kind,
      runnablePath: await blobs.localPath(runnableOf(version)),
      signature: { inputs: [...version.signature.inputs], labels: [...version.signature.labels] },
      threshold: desired.threshold,
    };
  }

  async function deploymentId(project: string): Promise<string> {
    const known = (await readDeployments(db, { project })).find((row) => row.environment === environment);
    return known?.id ?? createId("deployment", clock);
  }

  async function rememberDeployment(route: ServedRoute): Promise<void> {
    const variants = route.variants.map(({ role, share, releaseId, modelVersionId, number, threshold }) => ({
      role,
      share,
      releaseId,
      modelVersionId,
      number,
      threshold,
    }));
    await db.transaction(async () => {
      const row: DeploymentRow = {
        id: route.deployment,
        project: route.project,
        environment,
        model: route.name,
        variants: JSON.stringify(variants),
        updated_at_ms: clock.nowMs(),
      };
      const known = (await readDeployments(db, { id: row.id }))[0];
      if (known?.variants === row.variants && known.model === row.model) return;
      await saveDeployment(db, row);
      await ledger.append({
        kind: "deployment.updated",
        subject: row.id,
        project: row.project,
        actor: "system",
        data: {
          environment,
          variants: variants.map(({ role, modelVersionId, share }) => ({ role, modelVersionId, share })),
        },
      });
    });
  }

  async function measureCandidate(releaseId: string): Promise<void> {
    const release = await delivery.getRelease(releaseId);
    if (release.state !== "judging") return;
    await reconcile();
    const evidence = await measure(release);
    const stored = await blobs.put(Buffer.from(JSON.stringify(evidence)));
    await db.transaction(() =>
      ledger.append({
        kind: "candidate.measured",
        subject: releaseId,
        project: release.project,
        actor: "system",
        data: { release: releaseId, evidenceDigest: stored.digest },
      }),
    );
  }

  async function measure(release: Release): Promise<HoldoutEvidence> {
    const version = await registry.getVersion(release.modelVersionId);
    const { projectFile } = await objectives.getCharter(release.project);
    const positive = projectFile.objective?.positive ?? "";
    const target = projectFile.objective?.target ?? "";
    const sliceColumns = segmentsOf(projectFile);
    const holdout = await readHoldout(
      { analyst, blobs, data: parts.data, registry },
      { project: release.project, version, target, sliceColumns },
    );
    const candidate = createInfer(gatewayUrl(), stagingName(release), version.signature);
    const baseline = await scoreBaseline(release, version, holdout, positive);
    return {
      candidate: await scoreHoldout(candidate, holdout, positive),
      baseline,
      load: await measureLoad(candidate, holdout, releaseLoad),
      measuredAtMs: clock.nowMs(),
    };
  }

  /** The rule the candidate has to beat, on the same rows; it needs no staging: it is a pure function. */
  async function scoreBaseline(
    release: Release,
    version: ModelVersion,
    holdout: Awaited<ReturnType<typeof readHoldout>>,
    positive: string,
  ): Promise<HoldoutEvidence["baseline"]> {
    if (version.kind === "rule") return null;
    const rule = (await registry.listVersions(release.project, release.model)).find(
      (one) => one.kind === "rule",
    );
    if (rule === undefined) return null;
    const model = openRule(parseRule(await blobs.readText(runnableOf(rule)), "baseline"));
    const answers = await model.score(holdout.map((row) => row.inputs));
    return holdout.map((row, index) => {
      const answer = answers[index];
      const score = answer?.probabilities[rule.signature.labels.indexOf(positive)] ?? 0;
      return {
        actual: row.actual,
        label: answer?.label ?? "",
        score,
        decision: answer?.label === positive,
        slices: row.slices,
      };
    });
  }

  async function describe(row: DeploymentRow): Promise<Deployment> {
    const reports = gateway.isUp() ? await gateway.report().catch(() => []) : [];
    const stored = storedVariants.parse(JSON.parse(row.variants));
    const variants: DeployedVariant[] = stored.map((variant) => {
      const report = reports.find(
        (one) =>
          one.deployment === row.id && one.releaseId === variant.releaseId && one.role === variant.role,
      );
      return {
        ...variant,
        requests: report?.requests ?? 0,
        errors: report?.errors ?? 0,
        latencyMs: report?.latencyMs ?? null,
      };
    });
    return {
      id: row.id,
      project: row.project,
      environment: row.environment,
      model: row.model,
      state: gateway.isUp() ? (variants.length === 0 ? "idle" : "ready") : "degraded",
      endpoint: `${gatewayUrl()}/v2/models/${row.model}/infer`,
      variants,
      updatedAtMs: row.updated_at_ms,
    };
  }

  async function findRow(id: string): Promise<DeploymentRow> {
    const [row] = await readDeployments(db, { id });
    if (row === undefined)
      throw new Problem(problems.deployment_not_found, { message: `There is no deployment ${id}.` });
    return row;
  }

  jobs.define("serving.measure_candidate", {
    concurrency: 1,
    maxAttempts: 3,
    timeoutMs: 120_000,
    run: ({ payload }) => measureCandidate(payload.releaseId),
    gaveUp: async (job, reason) => {
      const { releaseId } = measurePayload.parse(job.payload);
      await ledger.append({
        kind: "candidate.not_measured",
        subject: releaseId,
        project: job.project,
        actor: "system",
        data: { release: releaseId, reason },
      });
    },
  });

  ledger.on("serving-measures-candidates", ["release.requested"], async (event) => {
    await jobs.enqueue({
      kind: "serving.measure_candidate",
      payload: { releaseId: event.subject },
      key: event.subject,
      ...(event.project === null ? {} : { project: event.project }),
    });
  });

  ledger.on(
    "serving-follows-delivery",
    [
      "release.judged",
      "release.declined",
      "rollout.step_started",
      "release.live",
      "release.rolled_back",
      "charter.applied",
    ],
    async () => {
      if (gateway.isUp()) await reconcile();
    },
  );

  const serving: ServingModule = {
    gatewayUrl,
    listDeployments: async (project) =>
      await Promise.all((await readDeployments(db, { project })).map(describe)),
    getDeployment: async (id) => await describe(await findRow(id)),
    traffic: async (id, range) =>
      await readTraffic({ db, blobs, analyst }, parts.gateway.folder, await findRow(id), range),
    predict: async (id, rows): Promise<readonly Prediction[]> => {
      const row = await findRow(id);
      const [live] = storedVariants.parse(JSON.parse(row.variants));
      if (live === undefined)
        throw new Problem(problems.deployment_not_found, { message: `${row.model} serves nothing yet.` });
      const version = await registry.getVersion(live.modelVersionId);
      return await createInfer(gatewayUrl(), row.model, version.signature)(rows);
    },
    get routes() {
      return createRoutes(serving);
    },
    async start() {
      const { port, processId } = await gateway.start();
      await announceGateway("gateway.started", { port, processId });
      await reconcile();
    },
    stop: () => gateway.stop(),
    setClock: async (nowMs) => {
      if (gateway.isUp()) await gateway.setClock(nowMs);
    },
    reconcile,
  };
  return serving;
}

/** A staged candidate answers under a name of its own, so that no client meets it by accident. */
function stagingName(release: Release): string {
  return `${release.model}@${release.id}`;
}

function isStaging(route: ServedRoute): boolean {
  return route.variants.some((variant) => variant.role === "staging");
}

function runnableOf(version: ModelVersion): string {
  if (version.runnableDigest === null) throw new Error(`version ${version.id} has nothing that runs`);
  return version.runnableDigest;
}

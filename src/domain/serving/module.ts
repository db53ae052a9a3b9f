import { z } from "zod";

import type { Data } from "#data";
import type { Delivery } from "#delivery";
import type { BlobHolder, Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import { sealToParquet } from "#kernel/columnar";
import type { Analyst } from "#kernel/columnar";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import { createId } from "#kernel/ids";
import type { JobQueue } from "#kernel/jobs";
import type { Log } from "#kernel/log";
import type { Objectives } from "#objectives";
import type { Registry } from "#registry";

import { blobsInUse } from "./blobs-in-use.ts";
import { measureCandidate } from "./candidate.ts";
import { describeDeployment, parseVariants, storedVariants } from "./deployment.ts";
import { desiredTable, environment } from "./desired-table.ts";
import { createGatewayProcess } from "./gateway-process.ts";
import { createInfer } from "./inference-client.ts";
import type { Deployment, Serving } from "./index.ts";
import { predictionLog } from "./prediction-log.ts";
import { problems } from "./problems.ts";
import { createRoutes } from "./routes.ts";
import { isStaging } from "./routing/index.ts";
import type { ServedRoute, UnopenedModel } from "./routing/index.ts";
import { endsAQuarterDay, nextSealMs } from "./seal.ts";
import { insertDeployment, readDeployments, saveVariants } from "./store.ts";
import type { DeploymentRow } from "./store.ts";
import { readTraffic } from "./traffic.ts";
import { createVisitors } from "./visitors.ts";
import type { Visitors } from "./visitors.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    /** Stages a release's candidate, sends it the holdout and a short load, and announces the evidence. */
    "serving.measure_candidate": { readonly releaseId: string };
    /** Turns what was predicted into Parquet; enqueues the next. */
    "serving.seal_log": { readonly dueAtMs: number };
  }
}

export interface ServingModule extends Serving, Pick<BlobHolder, "blobsInUse"> {
  /** For routes of others that show deployments too. */
  readonly seen: Visitors["seen"];
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

const measurePayload = z.object({ releaseId: z.string() });

export function createServing(parts: ServingParts): ServingModule {
  const { db, ledger, clock, jobs, blobs, analyst, registry, delivery, log } = parts;
  const predictions = predictionLog(parts.gateway.folder);
  let reconciling: Promise<void> = Promise.resolve();
  let unopened: readonly UnopenedModel[] = [];

  const gateway = createGatewayProcess({
    ...parts.gateway,
    log,
    onLost: (reason) => inBackground(() => announceGateway("gateway.lost", { reason })),
    onBack: (listening) =>
      inBackground(async () => {
        await announceGateway("gateway.started", listening);
        // It has the last table it was told; what was decided while it was away it has not.
        await reconcile();
      }),
  });

  function inBackground(work: () => Promise<void>): void {
    work().catch((error: unknown) => log.error("the gateway's change was not followed", { error }));
  }

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
    const table = await desiredTable({ ...parts, deploymentOf });
    unopened = await gateway.route(table);
    for (const model of unopened) log.error("the gateway cannot open a model", { ...model });
    for (const route of table.routes) if (!isStaging(route)) await remember(route);
  }

  /** Kept before the first prediction bears it. */
  async function deploymentOf(project: string, model: string): Promise<string> {
    const known = (await readDeployments(db, { project })).find((row) => row.environment === environment);
    if (known !== undefined) return known.id;
    const id = createId("deployment", clock);
    await insertDeployment(db, {
      id,
      project,
      environment,
      model,
      variants: "[]",
      updated_at_ms: clock.nowMs(),
    });
    return id;
  }

  async function remember(route: ServedRoute): Promise<void> {
    const [row] = await readDeployments(db, { id: route.deployment });
    const variants = storedVariants(route);
    if (row === undefined || (row.variants === variants && row.model === route.name)) return;
    await db.transaction(async () => {
      await saveVariants(db, { ...row, model: route.name, variants, updated_at_ms: clock.nowMs() });
      await ledger.append({
        kind: "deployment.updated",
        subject: row.id,
        project: row.project,
        actor: "system",
        data: {
          environment,
          variants: route.variants.map(({ role, modelVersionId, share }) => ({
            role,
            modelVersionId,
            share,
          })),
        },
      });
    });
  }

  async function describe(row: DeploymentRow): Promise<Deployment> {
    const reports = gateway.isUp() ? await gateway.report().catch(() => undefined) : undefined;
    return describeDeployment(row, { gatewayUrl: gatewayUrl(), reports, unopened });
  }

  async function findRow(id: string): Promise<DeploymentRow> {
    const [row] = await readDeployments(db, { id });
    if (row !== undefined) return row;
    throw new Problem(problems.deployment_not_found, { message: `There is no deployment ${id}.` });
  }

  async function sealLater(): Promise<void> {
    const dueAtMs = nextSealMs(clock.nowMs());
    await jobs.enqueue({
      kind: "serving.seal_log",
      payload: { dueAtMs },
      key: String(dueAtMs),
      runAtMs: dueAtMs,
    });
  }

  jobs.define("serving.measure_candidate", {
    concurrency: 1,
    maxAttempts: 3,
    timeoutMs: 120_000,
    run: async ({ payload: { releaseId }, finish }) => {
      const release = await delivery.getRelease(releaseId);
      if (release.state !== "judging") return;
      await reconcile();
      requireOpened(release.modelVersionId);
      const evidence = await measureCandidate(parts, gatewayUrl(), release);
      const { digest } = await blobs.put(Buffer.from(JSON.stringify(evidence)));
      await db.transaction(async () => {
        await ledger.append({
          kind: "candidate.measured",
          subject: releaseId,
          project: release.project,
          actor: "system",
          data: { release: releaseId, evidenceDigest: digest },
        });
        await finish();
      });
    },
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

  function requireOpened(modelVersionId: string): void {
    const found = unopened.find((one) => one.modelVersionId === modelVersionId);
    if (found !== undefined) throw new Error(`the gateway cannot open the candidate: ${found.reason}`);
  }

  jobs.define("serving.seal_log", {
    run: async ({ payload: { dueAtMs } }) => {
      if (endsAQuarterDay(dueAtMs, clock.nowMs()) && gateway.isUp()) await gateway.rotateLog();
      await sealToParquet({ db, blobs, analyst }, predictions, { workFolder: parts.gateway.folder });
      await sealLater();
    },
    // The sequence goes on: what was not sealed now is sealed then.
    gaveUp: sealLater,
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

  const visitors = createVisitors(registry);
  const serving: ServingModule = {
    gatewayUrl,
    seen: visitors.seen,
    blobsInUse: () => blobsInUse(ledger),
    listDeployments: async (project) =>
      await Promise.all((await readDeployments(db, { project })).map(describe)),
    getDeployment: async (id) => await describe(await findRow(id)),
    traffic: async (id, range) =>
      await readTraffic({ db, blobs, analyst }, predictions, await findRow(id), range),
    predict: async (id, rows) => {
      const row = await findRow(id);
      const [live] = parseVariants(row);
      if (live === undefined) {
        throw new Problem(problems.deployment_not_found, { message: `${row.model} serves nothing yet.` });
      }
      const { signature } = await registry.getVersion(live.modelVersionId);
      return await createInfer(gatewayUrl(), row.model, signature)(rows);
    },
    get routes() {
      return createRoutes(serving, registry.gate, visitors);
    },
    async start() {
      await announceGateway("gateway.started", await gateway.start());
      await reconcile();
      await sealLater();
    },
    stop: () => gateway.stop(),
    setClock: async (nowMs) => {
      if (gateway.isUp()) await gateway.setClock(nowMs);
    },
    reconcile,
  };
  return serving;
}

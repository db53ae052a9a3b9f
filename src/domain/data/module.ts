import { mkdtemp, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { BlobHolder, Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Analyst } from "#kernel/columnar";
import type { Database } from "#kernel/db";
import { digestOf } from "#kernel/digest";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import { createId } from "#kernel/ids";

import type { DataCommands, ExtendVersion, ImportVersion } from "./commands.ts";
import { findBreaches, parseContract } from "./contract.ts";
import type { ContractBreach } from "./contract.ts";
import type { Data, DatasetSummary, DatasetVersion, Preview } from "./index.ts";
import { copyToCsv, extendedSql } from "./extend.ts";
import { problems } from "./problems.ts";
import { profileColumns, readColumns } from "./profile.ts";
import { createRoutes } from "./routes.ts";
import {
  blobsInUse,
  insertVersion,
  readProfile,
  readVersion,
  readVersionByNumber,
  readVersions,
} from "./store.ts";
import { csvAsText, csvTyped, quoteName, quoteText } from "./table.ts";
import type { Query } from "./table.ts";
import { whyUnreadable } from "./why-unreadable.ts";

export interface DataModule extends Data, Pick<BlobHolder, "blobsInUse"> {
  readonly commands: DataCommands;
  readonly routes: readonly Route[];
}

export interface DataParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly blobs: Blobs;
  readonly analyst: Analyst;
  /** For files on their way; the analyst may read and write here. */
  readonly workFolder: string;
}

export function createData(parts: DataParts): DataModule {
  const { db, ledger, clock, blobs, analyst } = parts;
  const query: Query = (sql, row) => analyst.rows(sql, [], row);

  const getVersion = async (id: string): Promise<DatasetVersion> => {
    const version = await readVersion(db, id);
    if (version === undefined) throw notFound(`The dataset version ${id}`);
    return version;
  };

  async function importVersion(order: ImportVersion): Promise<DatasetVersion> {
    await requireFile(order.path);
    const contractDigest = order.contract === undefined ? null : digestOf(order.contract.text);
    const contract =
      order.contract === undefined ? undefined : parseContract(order.contract.text, order.contract.file);
    const stored = await blobs.putFile(order.path);
    const newest = (await readVersions(db, order.project, order.dataset))[0];
    if (newest !== undefined && newest.digest === stored.digest && newest.contractDigest === contractDigest) {
      return newest;
    }

    const csv = await blobs.localPath(stored.digest);
    const rows = await countRows(csv, order.path, query);
    const columns = await readColumns(csvTyped(csv), query);
    const names = columns.map((column) => column.name);
    const breaches =
      contract === undefined
        ? []
        : await findBreaches(contract, { sql: csvAsText(csv), columns: names, rows }, query);
    const profile = await profileColumns(csvTyped(csv), columns, rows, query);
    const parquetDigest = await writeParquet(csv);

    return await db.transaction(async () => {
      const number = ((await readVersions(db, order.project, order.dataset))[0]?.number ?? 0) + 1;
      const version: DatasetVersion = {
        id: createId("datasetVersion", clock),
        project: order.project,
        dataset: order.dataset,
        number,
        digest: stored.digest,
        parquetDigest,
        sizeBytes: stored.sizeBytes,
        rows,
        columns,
        source: order.source,
        parent: order.parent ?? null,
        contractDigest,
        state: breaches.length === 0 ? "usable" : "quarantined",
        breaches,
        createdAtMs: clock.nowMs(),
        actor: order.actor,
      };
      await insertVersion(db, version, profile);
      await announce(version);
      return version;
    });
  }

  async function extendVersion(order: ExtendVersion): Promise<DatasetVersion> {
    const base = await getVersion(order.versionId);
    const contract =
      order.contract === undefined ? undefined : parseContract(order.contract.text, order.contract.file);
    const columns = base.columns.map((column) => column.name);
    const folder = await mkdtemp(join(parts.workFolder, "extend-"));
    try {
      const path = join(folder, "extended.csv");
      const basePath = await blobs.localPath(base.digest);
      const sql = await extendedSql({ path: basePath, columns, contract }, order.extension, query);
      await analyst.run(copyToCsv(sql, path), []);
      return await importVersion({
        project: base.project,
        dataset: base.dataset,
        path,
        source: order.source,
        parent: base.id,
        actor: order.actor,
        ...(order.contract === undefined ? {} : { contract: order.contract }),
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async function announce(version: DatasetVersion): Promise<void> {
    const { id: subject, project, actor, dataset, number, digest, rows, state, source, breaches } = version;
    await ledger.append({
      kind: "dataset_version.created",
      subject,
      project,
      actor,
      data: { dataset, number, digest, rows, state, source },
    });
    if (state === "usable") return;
    await ledger.append({
      kind: "dataset_version.quarantined",
      subject,
      project,
      actor,
      data: { dataset, number, breaches },
    });
  }

  async function writeParquet(csv: string): Promise<string> {
    const folder = await mkdtemp(join(parts.workFolder, "parquet-"));
    try {
      const path = join(folder, "rows.parquet");
      await analyst.run(
        `copy (select * from ${csvTyped(csv)}) to ${quoteText(path)} (format parquet, compression zstd)`,
        [],
      );
      return (await blobs.putFile(path)).digest;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async function preview(id: string, limit: number): Promise<Preview> {
    const version = await getVersion(id);
    const columns = version.columns.map((column) => column.name);
    const list = columns.map(quoteName).join(", ");
    const csv = await blobs.localPath(version.digest);
    const rows = await query(
      `select [${list}] as row from ${csvAsText(csv)} limit ${Math.max(0, Math.trunc(limit))}`,
      z.object({ row: z.array(z.string().nullable()) }),
    );
    return { columns, rows: rows.map((one) => one.row) };
  }

  const data: DataModule = {
    listDatasets: async (project) => summarise(await readVersions(db, project)),
    listVersions: (project, dataset) => readVersions(db, project, dataset),
    getVersion,
    findVersion: async (project, dataset, number) => {
      const version = await readVersionByNumber(db, project, dataset, number);
      if (version === undefined) throw notFound(`Version ${number} of ${dataset}`);
      return version;
    },
    latestUsable: async (project, dataset) =>
      (await readVersions(db, project, dataset)).find((version) => version.state === "usable"),
    profile: async (id) => {
      const profile = await readProfile(db, id);
      if (profile === undefined) throw notFound(`The dataset version ${id}`);
      return profile;
    },
    preview,
    materialise: async (id, targetPath) => {
      const version = await getVersion(id);
      if (version.state === "quarantined") throw quarantined(version);
      await blobs.materialise(version.digest, targetPath);
    },
    parquetPath: async (id) => {
      const version = await getVersion(id);
      return await blobs.localPath(version.parquetDigest ?? version.digest);
    },
    blobsInUse: () => blobsInUse(db),
    commands: { importVersion, extendVersion },
    get routes() {
      return createRoutes(data, data.commands);
    },
  };
  return data;
}

/** The problem for whoever wants to train on a version that broke its contract. */
export function quarantined(version: DatasetVersion): Problem {
  const reasons = version.breaches.map((breach: ContractBreach) => breach.message);
  return new Problem(problems.data_quarantined, {
    message: `Version ${version.number} of ${version.dataset} is quarantined: ${reasons.join(" ")}`,
    data: { version: version.id, breaches: version.breaches },
  });
}

function summarise(versions: readonly DatasetVersion[]): DatasetSummary[] {
  return [...Map.groupBy(versions, (version) => version.dataset)].flatMap(([dataset, all]) => {
    const newest = all[0];
    return newest === undefined ? [] : [{ dataset, versions: all.length, newest }];
  });
}

async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) {
    throw new Problem(problems.data_file_missing, { message: `The data file ${path} does not exist.` });
  }
}

async function countRows(csv: string, shownPath: string, query: Query): Promise<number> {
  try {
    const [counted] = await query(
      `select count(*) as rows from ${csvAsText(csv)}`,
      z.object({ rows: z.number() }),
    );
    return counted?.rows ?? 0;
  } catch (cause) {
    const said = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    // The blob's path tells its reader nothing.
    const reason = (await whyUnreadable(csv)) ?? said.replaceAll(csv, shownPath).replace(/\.$/, "");
    throw new Problem(problems.data_unreadable, {
      message: `${shownPath} cannot be read as a table: ${reason}.`,
      cause,
    });
  }
}

function notFound(what: string): Problem {
  return new Problem(problems.dataset_version_not_found, { message: `${what} does not exist.` });
}

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

import { canonicalJson } from "#kernel/digest";
import type { Digest } from "#kernel/digest";
import { readTree } from "#kernel/blobs";
import type { Blobs, StoredBlob } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";

import { createMask } from "../../mask.ts";
import { problems } from "../../problems.ts";
import { readVersionRule } from "../../python-version.ts";
import type { WorkChanges } from "../changes.ts";
import type { WorkLogs } from "../log-file.ts";
import type { SealedVariables } from "../sealed-variables.ts";
import { endWork, forgetDetails, listUploads, readWork, recordUpload, updateOpenWork } from "../store.ts";
import type { Work } from "../store.ts";
import { readEnd } from "./ending.ts";
import type { Assignment, FarEnd, FarFile } from "./messages.ts";

export interface ExchangeParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly blobs: Blobs;
  readonly changes: WorkChanges;
  readonly logs: WorkLogs;
  readonly sealed: SealedVariables;
  readonly beatEveryMs?: number;
  readonly checkpointEveryMs?: number;
}

/**
 * The server's side of work that runs elsewhere. Whoever shows the token of a piece of work may read that
 * work's inputs, send bytes and say how it goes, until it has ended: nothing else, and nothing of others.
 * Bytes count as the work's own only when it sent them or was given them, so that knowing the digest of
 * something does not get it.
 */
export interface Exchange {
  /** Makes the token of a piece of work; only its digest is kept. */
  admit(work: string): Promise<string>;
  /** Throws `work_token_invalid`. */
  open(id: string, token: string | undefined): Promise<Work>;
  assignment(work: Work): Promise<Assignment>;
  /** Throws `work_transfer_refused` for what is no input of the work. */
  readInput(work: Work, digest: Digest): Promise<{ sizeBytes: number; bytes: AsyncIterable<Uint8Array> }>;
  /** Throws `blob_corrupt` when the bytes are not those of the digest. */
  takeBytes(work: Work, digest: Digest, bytes: AsyncIterable<Uint8Array>): Promise<StoredBlob>;
  /** Appends to the log what is new of the part; the result is where the next begins. */
  takeLog(work: Work, fromByte: number, bytes: Uint8Array): Promise<number>;
  beat(work: Work, phase: "preparing" | "running", says: string): Promise<{ stopGraceMs: number | null }>;
  takeCheckpoint(work: Work, files: readonly FarFile[]): Promise<void>;
  end(work: Work, report: FarEnd): Promise<void>;
}

// Accelerators are given to a process by such variables, and so is the way into the cluster it runs in.
const passedOn = [
  "CUDA_VISIBLE_DEVICES",
  "NVIDIA_VISIBLE_DEVICES",
  "HIP_VISIBLE_DEVICES",
  "ROCR_VISIBLE_DEVICES",
  "LD_LIBRARY_PATH",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "RAY_ADDRESS",
  "RAY_JOB_CONFIG_JSON_ENV_VAR",
];

export function createExchange(parts: ExchangeParts): Exchange {
  const { db, blobs, clock, changes } = parts;
  const writing = new Map<string, Promise<unknown>>();

  /** One part of a log after the other: two that arrive at once would both follow on the same end. */
  async function inTurn<Result>(work: string, act: () => Promise<Result>): Promise<Result> {
    const turn = (writing.get(work) ?? Promise.resolve()).then(act, act);
    writing.set(work, turn);
    try {
      return await turn;
    } finally {
      if (writing.get(work) === turn) writing.delete(work);
    }
  }

  return {
    async admit(work) {
      const token = randomBytes(32).toString("base64url");
      await updateOpenWork(db, work, { token_digest: digestOfToken(token) });
      return token;
    },
    async open(id, token) {
      const work = await readWork(db, id);
      if (work !== undefined && token !== undefined && isToken(token, work.tokenDigest)) return work;
      throw new Problem(problems.work_token_invalid, {
        message: "The token is not that of a piece of work that has not ended.",
      });
    },
    async assignment(work) {
      const { id, spec, order } = work;
      await updateOpenWork(db, id, {
        heard_at_ms: clock.nowMs(),
        reason: "It prepares: its files are fetched.",
      });
      changes.announce(id);
      const { checkpoint, environment } = spec;
      return {
        commands: [...spec.commands],
        wdir: spec.wdir,
        variables: await parts.sealed.open(work),
        inputs: [...spec.inputs],
        outs: [...spec.outs],
        environment:
          environment === null ? null : { ...environment, ...clausesOf(environment.pythonVersion) },
        timeoutMs: spec.timeoutMs,
        maximumLogBytes: spec.maximumLogBytes,
        graceMs: order.graceMs,
        checkpoint:
          checkpoint === null
            ? null
            : { path: checkpoint.path, files: [...(await checkpointFiles(blobs, checkpoint.restore))] },
        beatEveryMs: parts.beatEveryMs ?? 2_000,
        checkpointEveryMs: parts.checkpointEveryMs ?? 15_000,
        passedOn,
      };
    },
    async readInput(work, digest) {
      const isInput = work.spec.inputs.some((file) => file.digest === digest);
      if (!isInput && !(await isRestored(blobs, work, digest))) throw refused(work, digest);
      const sizeBytes = await blobs.sizeOf(digest);
      return { sizeBytes: sizeBytes ?? 0, bytes: blobs.read(digest) };
    },
    async takeBytes(work, digest, bytes) {
      const blob = await blobs.put(bytes, digest);
      await recordUpload(db, work.id, blob);
      return blob;
    },
    async takeLog(work, fromByte, bytes) {
      return await inTurn(work.id, async () => {
        const size = await parts.logs.sizeOf(work.id);
        if (fromByte > size) {
          throw new Problem(problems.work_log_gap, {
            message: `The log ends at ${size}, and the part begins at ${fromByte}.`,
            data: { nextByte: size },
          });
        }
        const room = Math.max(0, work.spec.maximumLogBytes - size);
        const came = bytes.subarray(size - fromByte);
        const fresh = hideSecrets(came.subarray(0, room), await parts.sealed.secrets(work));
        if (fresh.length > 0) await parts.logs.append(work.id, fresh);
        // What is held back is sent again, with what comes after it; what has no room counts as taken.
        return size + fresh.length + Math.max(0, came.length - room);
      });
    },
    async beat(work, phase, says) {
      const nowMs = clock.nowMs();
      const begins = phase === "running" && work.status.state === "queued";
      await updateOpenWork(db, work.id, {
        heard_at_ms: nowMs,
        ...(begins ? { state: "running", started_at_ms: nowMs, reason: "It runs." } : {}),
        ...(phase === "preparing" ? { reason: `It prepares: ${says}` } : {}),
      });
      if (begins || phase === "preparing") changes.announce(work.id);
      return { stopGraceMs: work.stop?.graceMs ?? null };
    },
    async takeCheckpoint(work, files) {
      const { checkpoint } = work.spec;
      if (checkpoint === null) return;
      await requireOwn(work, files);
      await updateOpenWork(db, work.id, { checkpoint: await storeListing(blobs, files) });
    },
    async end(work, report) {
      for (const out of report.outs) await requireOwn(work, out.kind === "file" ? [out] : out.files);
      const outs = [];
      for (const out of report.outs) {
        outs.push(
          out.kind === "file"
            ? { path: out.path, digest: out.digest, sizeBytes: out.sizeBytes, isFolder: false }
            : {
                path: out.path,
                digest: await storeListing(blobs, out.files),
                sizeBytes: out.files.reduce((sum, file) => sum + file.sizeBytes, 0),
                isFolder: true,
              },
        );
      }
      if (await endWork(db, work.id, readEnd(work, report, outs), clock.nowMs()))
        await forgetDetails(db, work);
      changes.announce(work.id);
    },
  };

  async function requireOwn(
    work: Work,
    files: readonly { digest: Digest; sizeBytes: number }[],
  ): Promise<void> {
    const sent = await listUploads(db, work.id);
    const given = new Map(work.spec.inputs.map((file) => [file.digest, file.sizeBytes]));
    for (const file of await checkpointFiles(blobs, work.spec.checkpoint?.restore ?? null))
      given.set(file.digest, file.sizeBytes);
    const foreign = files.find(
      ({ digest, sizeBytes }) => (sent.get(digest) ?? given.get(digest)) !== sizeBytes,
    );
    if (foreign !== undefined) throw refused(work, foreign.digest);
  }
}

/**
 * The end that may be the beginning of a secret is left to be sent again, unless nothing else came: then nothing
 * follows on it.
 */
function hideSecrets(bytes: Uint8Array, secrets: readonly string[]): Uint8Array {
  const mask = createMask(secrets);
  if (mask === undefined) return bytes;
  const shown = mask.hide(bytes);
  return shown.length > 0 ? shown : mask.rest();
}

function digestOfToken(token: string): Digest {
  return createHash("sha256").update(token).digest("hex");
}

function isToken(token: string, kept: Digest | null): boolean {
  return kept !== null && timingSafeEqual(Buffer.from(digestOfToken(token)), Buffer.from(kept));
}

async function checkpointFiles(blobs: Blobs, tree: Digest | null): Promise<readonly FarFile[]> {
  return tree === null ? [] : (await readTree(blobs, tree)).files;
}

async function isRestored(blobs: Blobs, work: Work, digest: Digest): Promise<boolean> {
  const files = await checkpointFiles(blobs, work.spec.checkpoint?.restore ?? null);
  return files.some((file) => file.digest === digest);
}

/** In the form that `readTree` reads: a tree, whoever made its files. */
async function storeListing(blobs: Blobs, files: readonly FarFile[]): Promise<Digest> {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const listing = sorted.map(({ path, digest, sizeBytes, executable }) => ({
    path,
    digest,
    size_bytes: sizeBytes,
    executable,
  }));
  return (await blobs.put(Buffer.from(canonicalJson({ format: "gyre-tree-1", files: listing })))).digest;
}

function clausesOf(rule: string): { pythonClauses: [string, number[], boolean][] } {
  return {
    pythonClauses: readVersionRule(rule).map(({ operator, release, wildcard }) => [
      operator,
      [...release],
      wildcard,
    ]),
  };
}

function refused(work: Work, digest: Digest): Problem {
  return new Problem(problems.work_transfer_refused, {
    message: `The bytes ${digest.slice(0, 12)}… are not among those of the work ${work.id}.`,
  });
}

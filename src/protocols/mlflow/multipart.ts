import { createHash, randomBytes } from "node:crypto";

import { z } from "zod";

import type { Blobs } from "#kernel/blobs";
import { defineRawRoute, readJson } from "#kernel/http";
import type { Route, Visit } from "#kernel/http";
import { checkArtifactPath } from "#tracking";

import { presentProblem } from "./answers.ts";
import { callerOf } from "./calls.ts";
import type { TrackingParts } from "./experiments.ts";
import { ownAddress } from "./own-address.ts";
import type { Permits } from "./permits.ts";
import { findPlace } from "./places.ts";
import type { Place } from "./places.ts";
import { array, integer, invalid, readInput, text } from "./wire.ts";

const mostParts = 10_000;
const uploadLifeMs = 24 * 60 * 60 * 1_000;
const bodyLimitBytes = 4 * 1_024 * 1_024;

/** `path` is the file's on the client's machine: its name counts. */
const createInput = z.object({ path: text, num_parts: integer.default(1) });
const endInput = z.object({ path: text, upload_id: text });
const completeInput = endInput.extend({ parts: array(z.object({ part_number: integer, etag: text })) });

export type MultipartParts = TrackingParts & {
  readonly blobs: Pick<Blobs, "parts">;
  readonly permits: Permits;
};

/**
 * A file in parts, as the client sends one when it is told to (`MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD`):
 * `create` gives an address for each part, the parts come in any order and several at once, `complete`
 * joins them in the order of their numbers and names the file, `abort` forgets them. Until `complete`
 * nothing is to be seen. An upload belongs to its place and to whom it was begun by.
 */
export function createMultipartRoutes(prefix: string, parts: MultipartParts): readonly Route[] {
  const { tracking, commands, blobs, permits } = parts;
  const service = `${prefix}/2.0/mlflow-artifacts/mpu`;

  const end = (
    step: "complete" | "abort",
    summary: string,
    work: (upload: string, body: unknown, place: Place, most: number) => Promise<void>,
  ): Route =>
    defineRawRoute({
      method: "POST",
      path: `${service}/${step}/*`,
      permission: "run:write",
      scope: "handler",
      summary,
      tags: ["mlflow"],
      presentProblem,
      async handler(visit) {
        const body = await readJson(visit.body, bodyLimitBytes);
        const { path, upload_id: permit } = readInput(endInput, body ?? {});
        const place = await placeOf(visit.params["*"], path, visit);
        const [upload = "", most = "0", bond] = permits.check("upload", permit);
        if (bond !== bondOf(place, visit)) throw invalid("The upload_id belongs to another upload.");
        await work(upload, body, place, Number(most));
        void visit.reply.type("application/json");
        return "{}";
      },
    });

  return [
    defineRawRoute({
      method: "POST",
      path: `${service}/create/*`,
      permission: "run:write",
      scope: "handler",
      summary: "Begins the upload of a file in parts; answers an address for each.",
      tags: ["mlflow"],
      presentProblem,
      async handler(visit) {
        const body = await readJson(visit.body, bodyLimitBytes);
        const { path, num_parts: count } = readInput(createInput, body ?? {});
        const place = await placeOf(visit.params["*"], path, visit);
        if (count < 1 || count > mostParts) throw invalid(`num_parts must be between 1 and ${mostParts}.`);
        const upload = randomBytes(16).toString("hex");
        const permit = permits.give("upload", [upload, String(count), bondOf(place, visit)], uploadLifeMs);
        const address = `${ownAddress(visit)}/api/2.0/mlflow-artifacts/mpu/parts`;
        const numbers = Array.from({ length: count }, (_, index) => index + 1);
        void visit.reply.type("application/json");
        return JSON.stringify({
          upload_id: permit,
          credentials: numbers.map((number) => ({
            url: `${address}/${number}/${permit}`,
            part_number: number,
            headers: {},
          })),
        });
      },
    }),
    defineRawRoute({
      method: "PUT",
      path: `${service}/parts/:number/:permit`,
      permission: "public",
      summary: "Takes one part of an upload; the address given by `create` is the permission.",
      tags: ["mlflow"],
      presentProblem,
      async handler({ params, body, reply }) {
        const [upload = "", most] = permits.check("upload", params.permit);
        const number = /^[1-9]\d{0,5}$/.test(params.number) ? Number(params.number) : Infinity;
        if (number > Number(most)) throw invalid("The upload has no part of this number.");
        const { digest } = await blobs.parts.put(upload, number, body.iterator({ destroyOnReturn: false }));
        void reply.header("etag", `"${digest}"`);
        return "";
      },
    }),
    end("complete", "Joins the parts of an upload to a file.", async (upload, body, place, most) => {
      const named = readInput(completeInput, body).parts.map(({ part_number: number, etag }) => ({
        number,
        digest: etag.replaceAll('"', ""),
      }));
      const inOrder = named.toSorted((a, b) => a.number - b.number);
      if (inOrder.length !== most || inOrder.some(({ number }, index) => number !== index + 1)) {
        throw invalid(`The upload has ${most} parts; 'parts' must name each of them once.`);
      }
      if (inOrder.some(({ digest }) => !/^[0-9a-f]{64}$/.test(digest))) {
        throw invalid("The etag of a part is not one that was answered when it was sent.");
      }
      await commands.putArtifact(place.owner, place.path, blobs.parts.read(upload, inOrder));
      await blobs.parts.remove(upload);
    }),
    end("abort", "Forgets the parts of an upload.", async (upload) => {
      await blobs.parts.remove(upload);
    }),
  ];

  async function placeOf(folder: string, localPath: string, visit: Visit): Promise<Place> {
    const name = localPath.split(/[/\\]/).at(-1) ?? "";
    const path = `${folder.replace(/\/$/, "")}/${name}`;
    checkArtifactPath(path);
    const place = await findPlace(tracking, path);
    await callerOf(visit).allow(place);
    return place;
  }
}

/** What binds an upload to where it goes and who sends it. */
function bondOf({ owner, path }: Place, { principal }: Visit): string {
  return createHash("sha256")
    .update(JSON.stringify([owner, path, principal.id]))
    .digest("hex");
}

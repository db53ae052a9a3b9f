import { startS3Server } from "#kernel/testing";

import { findDvc } from "../../journeys/dvc/environment.ts";
import { findMoto } from "../../journeys/s3/moto.ts";
import type { Figure, Measurement } from "../figures.ts";
import { both } from "./side-by-side.ts";

/** GYRE_BENCH_PUSHED names another number: the peer takes many minutes for this one. */
const pushedFiles = Number(process.env["GYRE_BENCH_PUSHED"] ?? 100_000);

/**
 * Small files pushed to a server of S3 on loopback: in packs as we do when asked to, and object by object as
 * the real `dvc` does. The server is moto, in Python and in memory; `GYRE_TEST_S3_URL` names another.
 */
export const pushToBucket: Measurement = {
  name: "dvc-bucket",
  title: `DVC: ${pushedFiles.toLocaleString("en")} small files pushed to a bucket`,
  isLong: true,
  async measure({ folder }) {
    const [peer, python] = [await findDvc(), await findMoto()];
    if (python.startsWith("no moto"))
      return [{ what: "nothing was measured", value: 0, unit: "s", note: python }];
    const program = peer.startsWith("no dvc") ? undefined : peer;
    const server = await startS3Server(python);
    try {
      const bucket = await server.createBucket();
      const { AWS_ACCESS_KEY_ID: key = "", AWS_SECRET_ACCESS_KEY: secret = "" } = server.environment;
      const settings = `endpointurl = ${server.endpoint}\n    access_key_id = ${key}\n    secret_access_key = ${secret}`;
      const pushed = await both(
        folder,
        program,
        "bucket",
        pushedFiles,
        async (run, place) => {
          await run("add", "-q", "data");
          return await run("push", "-q", ...(place.endsWith("-gyre") ? ["--packs"] : []));
        },
        (name) =>
          `[core]\n    no_scm = True\n    remote = store\n['remote "store"']\n    url = s3://${bucket}/${name}\n    ${settings}\n`,
      );
      const figures: Figure[] = [
        {
          what: "pushed in packs",
          value: pushedFiles / pushed.ours,
          unit: "files a second",
          note: pushed.theirs === undefined ? peer : `${pushed.ours.toFixed(1)} s`,
        },
      ];
      if (pushed.theirs !== undefined) {
        figures.push(
          { what: "dvc", value: pushedFiles / pushed.theirs, unit: "files a second" },
          { what: "as fast as dvc", value: pushed.theirs / pushed.ours, unit: "times", atLeast: 10 },
        );
      }
      return figures;
    } finally {
      server.stop();
    }
  },
};

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { after, describe, it } from "node:test";

import { temporaryFolder } from "../testing/index.ts";
import { readS3Settings } from "./index.ts";
import type { Credentials } from "./index.ts";

const nobody = {
  AWS_CONFIG_FILE: "/nowhere",
  AWS_SHARED_CREDENTIALS_FILE: "/nowhere",
  AWS_EC2_METADATA_DISABLED: "true",
};

/** A server on this machine that gives credentials, as a cloud's own service does. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return typeof address === "object" ? `http://127.0.0.1:${address?.port}` : "";
}

async function found(environment: NodeJS.ProcessEnv): Promise<Credentials | undefined> {
  return await readS3Settings("s3://models", { ...nobody, ...environment }).credentials?.current();
}

const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();

describe("credentials", () => {
  it("are those of the environment, and an empty variable is none", async () => {
    const environment = { AWS_ACCESS_KEY_ID: "A", AWS_SECRET_ACCESS_KEY: "B", AWS_SESSION_TOKEN: "" };
    assert.deepEqual(await found(environment), {
      accessKeyId: "A",
      secretAccessKey: "B",
      sessionToken: undefined,
    });
  });

  it("are those of the role that a Kubernetes pod has a token for", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "token"), "the token\n");
    let asked = "";
    const url = await serve((request, response) => {
      request.setEncoding("utf8").on("data", (text: string) => (asked += text));
      request.on("end", () =>
        response.end(
          `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>B&amp;</SecretAccessKey><SessionToken>C</SessionToken><Expiration>${inAnHour()}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
        ),
      );
    });
    assert.deepEqual(
      await found({
        AWS_ENDPOINT_URL_STS: url,
        AWS_ROLE_ARN: "arn:aws:iam::1:role/gyre",
        AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, "token"),
      }),
      { accessKeyId: "A", secretAccessKey: "B&", sessionToken: "C" },
    );
    const form = new URLSearchParams(asked);
    assert.deepEqual(
      ["Action", "RoleArn", "WebIdentityToken"].map((name) => form.get(name)),
      ["AssumeRoleWithWebIdentity", "arn:aws:iam::1:role/gyre", "the token"],
    );
  });

  it("are asked for anew shortly before they are over, once for all that wait", async () => {
    let serial = 0;
    const url = await serve((request, response) => {
      if (request.headers.authorization !== "let me in") return void response.writeHead(403).end();
      serial++;
      // The first ones are over within the five minutes.
      const Expiration = serial === 1 ? new Date(Date.now() + 60_000).toISOString() : inAnHour();
      response.end(
        JSON.stringify({ AccessKeyId: `A${serial}`, SecretAccessKey: "B", Token: "C", Expiration }),
      );
    });
    const { credentials } = readS3Settings("s3://models", {
      ...nobody,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "let me in",
    });
    assert.equal((await credentials?.current())?.accessKeyId, "A1");
    const all = await Promise.all(Array.from({ length: 5 }, async () => await credentials?.current()));
    assert.deepEqual(
      all.map((one) => one?.accessKeyId),
      ["A2", "A2", "A2", "A2", "A2"],
    );
    credentials?.forget();
    assert.equal((await credentials?.current())?.accessKeyId, "A3");
  });

  it("are those of a machine in Amazon's cloud, by the metadata service's second version", async () => {
    const url = await serve((request, response) => {
      const path = request.url ?? "";
      if (path === "/latest/api/token" && request.method === "PUT") return void response.end("pass");
      if (request.headers["x-aws-ec2-metadata-token"] !== "pass") return void response.writeHead(401).end();
      if (path.endsWith("/security-credentials/")) return void response.end("of-the-machine");
      assert.match(path, /security-credentials\/of-the-machine$/);
      const given = { AccessKeyId: "A", SecretAccessKey: "B", Token: "C", Expiration: inAnHour() };
      response.end(JSON.stringify(given));
    });
    assert.deepEqual(
      await found({ AWS_EC2_METADATA_DISABLED: undefined, AWS_EC2_METADATA_SERVICE_ENDPOINT: url }),
      { accessKeyId: "A", secretAccessKey: "B", sessionToken: "C" },
    );
  });

  it("that are nowhere are a problem that says where to put them", async () => {
    await assert.rejects(found({}), { code: "s3_credentials_missing" });
    const folder = await temporaryFolder();
    await writeFile(join(folder, "config"), "[default]\nsso_session = work\n");
    await assert.rejects(found({ AWS_CONFIG_FILE: join(folder, "config") }), {
      code: "s3_credentials_missing",
      message: "The profile default gets its credentials by sso_session, which is not read here.",
    });
  });
});

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { temporaryFolder } from "../testing/index.ts";
import { addressText, parseBucketAddress, readS3Settings } from "./index.ts";

describe("the address of a bucket", () => {
  it("has a name and a prefix without slashes around it", () => {
    assert.deepEqual(parseBucketAddress("s3://models"), { bucket: "models", prefix: "" });
    assert.deepEqual(parseBucketAddress("s3://models/team a/blobs/"), {
      bucket: "models",
      prefix: "team a/blobs",
    });
    assert.equal(addressText(parseBucketAddress("s3://models/x/")), "s3://models/x");
  });

  it("is refused where it would lead elsewhere, and does not repeat a secret", () => {
    const refused = [
      "s3://",
      "s3:///x",
      "https://models",
      "models",
      "s3://a/../b",
      "s3://mo dels/x",
      "s3://m/a//b",
    ];
    for (const text of [...refused, "s3://m/./a", "s3://m/a\nb", `s3://m/${"x".repeat(600)}`])
      assert.throws(() => parseBucketAddress(text), { code: "s3_address_invalid" }, text);
    assert.throws(
      () => parseBucketAddress("s3://key:secret@models/x"),
      (error: Error) => {
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  });
});

describe("the settings of a bucket", () => {
  const without = { AWS_CONFIG_FILE: "/nowhere", AWS_SHARED_CREDENTIALS_FILE: "/nowhere" };
  const place = (environment: NodeJS.ProcessEnv, address = "s3://models") => {
    const { endpoint, region } = readS3Settings(address, { ...without, ...environment });
    return [endpoint.url.href, endpoint.isPathStyle, region];
  };

  it("lead to Amazon, with the bucket in the host's name where its certificate fits", () => {
    assert.deepEqual(place({}), ["https://models.s3.us-east-1.amazonaws.com/", false, "us-east-1"]);
    assert.deepEqual(place({ AWS_REGION: "eu-central-1" }, "s3://my.models"), [
      "https://s3.eu-central-1.amazonaws.com/",
      true,
      "eu-central-1",
    ]);
    assert.deepEqual(place({ AWS_DEFAULT_REGION: "cn-north-1" }), [
      "https://models.s3.cn-north-1.amazonaws.com.cn/",
      false,
      "cn-north-1",
    ]);
  });

  it("lead to another server when an endpoint is given, the one for S3 first", () => {
    const both = { AWS_ENDPOINT_URL: "http://all:1", AWS_ENDPOINT_URL_S3: "http://s3:2" };
    assert.deepEqual(place(both), ["http://s3:2/", true, "us-east-1"]);
    assert.deepEqual(place({ AWS_ENDPOINT_URL: "http://all:1/base" }), [
      "http://all:1/base",
      true,
      "us-east-1",
    ]);
    for (const odd of ["ftp://x", "nonsense", "http://key:secret@x"]) {
      assert.throws(
        () => place({ AWS_ENDPOINT_URL: odd }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, "s3_address_invalid");
          assert.doesNotMatch(error.message, /secret/);
          return true;
        },
      );
    }
  });

  it("are read from the user's AWS files, by profile", async () => {
    const folder = await temporaryFolder();
    const [config, credentials] = [join(folder, "config"), join(folder, "credentials")];
    await writeFile(
      config,
      "[default]\nregion = us-west-2\n\n[profile team]\nregion=eu-west-1\ns3 =\n  endpoint_url = http://not-this\nendpoint_url = http://minio:9000 \n",
    );
    await writeFile(
      credentials,
      "[default]\naws_access_key_id = A\naws_secret_access_key = B\n# a note\n[team]\naws_access_key_id=C\naws_secret_access_key=D=\naws_session_token=E\n",
    );
    const files = { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials };
    const first = readS3Settings("s3://models", files);
    assert.deepEqual(
      [first.region, await first.credentials?.current()],
      ["us-west-2", { accessKeyId: "A", secretAccessKey: "B", sessionToken: undefined }],
    );
    const team = readS3Settings("s3://models", { ...files, AWS_PROFILE: "team" });
    assert.deepEqual(
      [team.region, team.endpoint.url.href, await team.credentials?.current()],
      ["eu-west-1", "http://minio:9000/", { accessKeyId: "C", secretAccessKey: "D=", sessionToken: "E" }],
    );
  });

  it("take what is said on the spot before all of it", async () => {
    const credentials = { accessKeyId: "X", secretAccessKey: "Y", sessionToken: undefined };
    const said = readS3Settings(
      "s3://models",
      { ...without, AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "A", AWS_SECRET_ACCESS_KEY: "B" },
      { endpoint: "https://s3.example.org", region: "here", credentials, isCertificateChecked: false },
    );
    assert.deepEqual(
      [said.region, said.endpoint.url.host, said.tls.isChecked, await said.credentials?.current()],
      ["here", "s3.example.org", false, credentials],
    );
    assert.equal(readS3Settings("s3://models", without, { isAnonymous: true }).credentials, undefined);
  });
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";

import { encodePath, queryText, signRequest } from "./signature.ts";
import type { RequestToSign } from "./signature.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("the signature of a request", () => {
  // "Examples: Signature Calculations" of the reference of Amazon S3: keys, requests and signatures are theirs.
  const credentials = {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    sessionToken: undefined,
  };
  const scope = { region: "us-east-1", service: "s3", atMs: Date.UTC(2013, 4, 24) };
  const signed = (request: Partial<RequestToSign>, body = ""): string => {
    const whole = {
      method: "GET",
      host: "examplebucket.s3.amazonaws.com",
      path: "/",
      query: {},
      headers: {},
      payload: sha256(body),
      ...request,
    };
    const headers = { ...whole.headers, "x-amz-content-sha256": whole.payload };
    return signRequest({ ...whole, headers }, credentials, scope)["authorization"] ?? "";
  };

  it("is that of Amazon's example of a part of an object", () => {
    assert.equal(
      signed({ path: "/test.txt", headers: { range: "bytes=0-9" } }),
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, " +
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    );
  });

  it("is that of Amazon's example of an object that is put", () => {
    const headers = { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" };
    assert.match(
      signed({ method: "PUT", path: encodePath("/test$file.text"), headers }, "Welcome to Amazon S3."),
      /Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd$/,
    );
  });

  it("is that of Amazon's examples with a query", () => {
    assert.match(
      signed({ query: { lifecycle: "" } }),
      /Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543$/,
    );
    assert.match(
      signed({ query: { prefix: "J", "max-keys": "2" } }),
      /Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7$/,
    );
  });

  it("is that of Amazon's test suite for another service, with a session and without", () => {
    const request = {
      method: "GET",
      host: "example.amazonaws.com",
      path: "/",
      query: {},
      headers: {},
      payload: sha256(""),
    };
    const suite = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
    const at = { region: "us-east-1", service: "service", atMs: Date.UTC(2015, 7, 30, 12, 36) };
    assert.match(
      signRequest(request, { ...suite, sessionToken: undefined }, at)["authorization"] ?? "",
      /Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31$/,
    );
    const headers = signRequest(request, { ...suite, sessionToken: "a session" }, at);
    assert.equal(headers["x-amz-security-token"], "a session");
    assert.match(headers["authorization"] ?? "", /SignedHeaders=host;x-amz-date;x-amz-security-token,/);
  });

  it("is over names and values encoded in one way, sorted after they were encoded", () => {
    assert.equal(encodePath("/a b/ü+'(*)!~"), "/a%20b/%C3%BC%2B%27%28%2A%29%21~");
    assert.equal(queryText({ "b=": "&", a: "1", "a-": "2", A: "" }), "A=&a=1&a-=2&b%3D=%26");
  });
});

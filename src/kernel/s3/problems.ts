import { defineProblems } from "../errors.ts";

export const problems = defineProblems({
  s3_address_invalid: {
    kind: "invalid",
    when: "A place in a bucket is not of the form s3://bucket/prefix, or its endpoint is no http or https address.",
    next: "Give it as s3://bucket/prefix, and the endpoint of another server than Amazon's as AWS_ENDPOINT_URL_S3.",
  },
  s3_credentials_missing: {
    kind: "failed",
    when: "A bucket is to be used and neither the environment nor the user's AWS files nor the machine gives credentials.",
    next: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write them with: aws configure",
  },
  s3_bucket_missing: {
    kind: "failed",
    when: "The server of a bucket answers that it has no such bucket.",
    next: "Check the name and the endpoint, or make the bucket with: aws s3 mb s3://BUCKET",
  },
  s3_access_denied: {
    kind: "failed",
    when: "The server of a bucket refuses the credentials, or does not allow them what is needed.",
    next: "Allow s3:ListBucket on the bucket and s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on its objects, or use other credentials.",
  },
  s3_unavailable: {
    kind: "unavailable",
    when: "The server of a bucket cannot be reached, breaks off, or goes on answering that it is busy.",
    next: "Check the endpoint and the network, then try again: nothing was half written.",
  },
  s3_failed: {
    kind: "failed",
    when: "The server of a bucket refuses a request for a reason of its own.",
    next: "Read its reason in the message; it is the server's, not Gyre's.",
  },
});

import assert from "node:assert/strict";
import { it } from "node:test";

import { artifactLocationBelow } from "./artifact-location.ts";

it("an address below a location keeps the location's query and fragment at its end", () => {
  const below = (location: string): string => artifactLocationBelow(location, "r1/artifacts");
  assert.deepEqual(
    [
      "mlflow-artifacts:/7",
      "s3://bucket/a/",
      "wasbs://c@a/b?o=1",
      "x://h/b/#f",
      "x://h/b/?o=1#f",
      "/a#b?",
    ].map(below),
    [
      "mlflow-artifacts:/7/r1/artifacts",
      "s3://bucket/a/r1/artifacts",
      "wasbs://c@a/b/r1/artifacts?o=1",
      "x://h/b/r1/artifacts#f",
      "x://h/b/r1/artifacts?o=1#f",
      "/a#b?/r1/artifacts",
    ],
  );
});

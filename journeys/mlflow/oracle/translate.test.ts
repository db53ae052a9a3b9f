import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createTranslator } from "./translate.ts";

const mine = "a".repeat(32);
const theirs = "b".repeat(32);

describe("a question said in the other server's ids", () => {
  const translator = createTranslator();
  translator.learn(
    { runs: [{ run_id: mine }], next_page_token: "MQ" },
    { runs: [{ run_id: theirs }], next_page_token: "eyJvZmZzZXQiOiAxfQ==" },
  );

  it("exchanges an id wherever it stands", () => {
    assert.equal(
      translator.path(`/runs/get?run_id=${mine}&in=%27${mine}%27`),
      `/runs/get?run_id=${theirs}&in=%27${theirs}%27`,
    );
  });

  it("exchanges the token of a page in a body and in a query", () => {
    assert.equal(
      translator.text('{"max_results": 1, "page_token": "MQ"}'),
      '{"max_results": 1, "page_token": "eyJvZmZzZXQiOiAxfQ=="}',
    );
    assert.equal(
      translator.path("/traces?page_token=MQ&max_results=1"),
      "/traces?page_token=eyJvZmZzZXQiOiAxfQ==&max_results=1",
    );
  });

  it("leaves alone a value that holds the letters of a token by chance", () => {
    const answer = '{"span_id":"8PuBuOvMQWs=","note":"MQ"}';
    assert.equal(translator.text(answer), answer);
  });
});

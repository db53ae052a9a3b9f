import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";

import { hasCertainlyEnded, processIdentity } from "./process-identity.ts";

describe("the identity of a process", () => {
  it("says of a living process that it lives", () => {
    assert.equal(hasCertainlyEnded(processIdentity), false);
    assert.equal(hasCertainlyEnded(`${processIdentity}/with-a-suffix`), false);
  });

  it("knows a dead process, also when another has got its number", async () => {
    const [place, , started] = processIdentity.split("/");
    const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
    const number = child.pid;
    await once(child, "exit");
    assert.equal(hasCertainlyEnded(`${place}/${number}/${started}`), true);
    assert.equal(hasCertainlyEnded(`${place}/${process.pid}/1`), true);
  });

  it("knows nothing of processes elsewhere, so their leases decide", () => {
    assert.equal(hasCertainlyEnded("another-host:boot:1/1/1"), false);
    assert.equal(hasCertainlyEnded("nonsense"), false);
  });
});

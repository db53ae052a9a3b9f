import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { isPublicAddress } from "./addresses.ts";
import { createTargets } from "./targets.ts";

/*
 * Where a webhook must not lead, in every spelling that has been used to get there: this machine, the
 * metadata of clouds, private networks. Nothing here is looked up: names are answered by the test.
 */

const names: Readonly<Record<string, readonly string[]>> = {
  "public.example": ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"],
  "inside.example": ["10.1.2.3"],
  "half.example": ["93.184.216.34", "192.168.1.1"],
  "mapped.example": ["::ffff:169.254.169.254"],
  localhost: ["127.0.0.1", "::1"],
  "localhost.": ["127.0.0.1"],
  "nothing.example": [],
};

const targetsFor = (...allowedHosts: string[]) =>
  createTargets({ allowedHosts, resolve: async (name) => names[name] ?? [] });
const refused = { code: "webhook_url_refused" };

async function reach(url: string, ...allowedHosts: string[]): Promise<readonly string[]> {
  const targets = targetsFor(...allowedHosts);
  return await targets.addressesOf(targets.read(url));
}

describe("an address that a webhook may have", () => {
  it("is that of a public host over https, whatever the port and the path", async () => {
    assert.deepEqual(await reach("https://public.example:8443/a?b=c"), names["public.example"]);
    assert.deepEqual(await reach("https://93.184.216.34/hook"), ["93.184.216.34"]);
    assert.deepEqual(await reach("https://[2606:2800:220:1::1]/hook"), ["2606:2800:220:1::1"]);
  });

  const privates = [
    "169.254.169.254",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "017700000001",
    "0177.0.0.1",
    "0.0.0.0",
    "0",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "255.255.255.255",
    "①②⑦.0.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[0:0:0:0:0:ffff:169.254.169.254]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[2001::1]",
    "[2001:db8::1]",
    "[fc00::1]",
    "[fd12:3456:789a::1]",
    "[fe80::1]",
    "[ff02::1]",
    "[100::1]",
  ];
  for (const host of privates) {
    it(`is not https://${host}`, () => assert.throws(() => targetsFor().read(`https://${host}/`), refused));
  }

  it("is not one of a name that leads inside, even when only one of its addresses does", async () => {
    for (const host of [
      "inside.example",
      "half.example",
      "mapped.example",
      "localhost",
      "LOCALHOST",
      "localhost.",
    ])
      await assert.rejects(reach(`https://${host}/`), refused, host);
    await assert.rejects(reach("https://nothing.example/"), /has no address/);
  });

  it("has no other scheme, no credentials, and is an address at all", () => {
    const bad: readonly [string, RegExp][] = [
      ["http://public.example/", /Invalid webhook URL scheme: 'http'\. Allowed schemes are: https\./],
      ["ftp://public.example", /Invalid webhook URL scheme/],
      ["file:///etc/passwd", /Invalid webhook URL scheme/],
      ["gopher://127.0.0.1:6379/_FLUSHALL", /Invalid webhook URL scheme/],
      ["javascript:alert(1)", /Invalid webhook URL scheme/],
      ["https://user:secret@public.example/", /user name or a password/],
      ["https://public.example@127.0.0.1/", /user name or a password/],
      ["http://[invalid", /Invalid webhook URL/],
      ["https://", /Invalid webhook URL/],
      ["//public.example", /Invalid webhook URL/],
      ["   ", /cannot be empty or just whitespace/],
      [`https://public.example/${"a".repeat(2_000)}`, /longer than/],
    ];
    for (const [url, message] of bad)
      assert.throws(() => targetsFor().read(url), { ...refused, message }, url);
  });

  it("may be private and without https where the operator names its host, and only there", async () => {
    assert.deepEqual(await reach("http://localhost:9000/", "localhost"), ["127.0.0.1", "::1"]);
    assert.deepEqual(await reach("http://127.0.0.1:9000/", "127.0.0.1:9000"), ["127.0.0.1"]);
    assert.deepEqual(await reach("https://inside.example/", "inside.example:443"), ["10.1.2.3"]);
    await assert.rejects(reach("http://127.0.0.1:9001/", "127.0.0.1:9000"), refused);
    await assert.rejects(reach("http://inside.example/", "localhost"), refused);
    await assert.rejects(reach("ftp://localhost/", "localhost"), refused);
  });
});

it("takes nothing for a public address that is none", () => {
  for (const text of ["", "localhost", "1.2.3", "93.184.216.34.", "fe80::1%eth0"])
    assert.equal(isPublicAddress(text), false, text);
});

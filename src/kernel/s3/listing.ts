import { createHash } from "node:crypto";

import type { Caller } from "./caller.ts";
import { isAbsent } from "./download.ts";
import type { ListedObject } from "./index.ts";
import { explainRefusal, readText } from "./refusals.ts";
import type { Call } from "./request.ts";
import type { S3Settings } from "./settings.ts";
import { elementsIn, encodeXml, textIn } from "./xml.ts";

// A page has up to a thousand keys of up to a kilobyte.
const longestPage = 16 * 1024 * 1024;

/** Everything below the settings' prefix whose key begins so. */
export async function* listPages(
  caller: Caller,
  { prefix: own }: S3Settings,
  prefix: string,
): AsyncIterable<ListedObject> {
  const base = own === "" ? "" : `${own}/`;
  let token: string | undefined;
  do {
    const query = {
      "list-type": "2",
      "encoding-type": "url",
      prefix: `${base}${prefix}`,
      ...(token === undefined ? {} : { "continuation-token": token }),
    };
    const page: string = await readText(await caller.ask({ method: "GET", query }), longestPage);
    const isEncoded = textIn(page, "EncodingType") === "url";
    for (const item of elementsIn(page, "Contents")) {
      const said = textIn(item, "Key") ?? "";
      const whole = isEncoded ? decodeURIComponent(said.replaceAll("+", " ")) : said;
      if (!whole.startsWith(base)) continue;
      yield {
        key: whole.slice(base.length),
        sizeBytes: Number(textIn(item, "Size")),
        modifiedAtMs: Date.parse(textIn(item, "LastModified") ?? ""),
      };
    }
    token = textIn(page, "IsTruncated") === "true" ? textIn(page, "NextContinuationToken") : undefined;
  } while (token !== undefined);
}

export async function removeOne(
  caller: Caller,
  key: string,
  { isSentOnce }: { readonly isSentOnce: boolean },
): Promise<void> {
  const outcome = await caller.tryAsk({ method: "DELETE", key, isSentOnce }, isAbsent);
  if ("answer" in outcome) await readText(outcome.answer, 0);
}

/** Removes up to a thousand with one request. Throws what the server says of the first it did not remove. */
export async function removeBatch(
  caller: Caller,
  settings: S3Settings,
  keys: readonly string[],
  { isSentOnce }: { readonly isSentOnce: boolean },
): Promise<void> {
  const base = settings.prefix === "" ? "" : `${settings.prefix}/`;
  const objects = keys.map((key) => `<Object><Key>${encodeXml(`${base}${key}`)}</Key></Object>`);
  const body = Buffer.from(`<Delete><Quiet>true</Quiet>${objects.join("")}</Delete>`);
  const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
  const call: Call = { method: "POST", query: { delete: "" }, headers, body, isSentOnce };
  const text = await readText(await caller.ask(call), longestPage);
  const [failure] = elementsIn(text, "Error");
  if (failure === undefined) return;
  const code = textIn(failure, "Code") ?? "";
  const refusal = {
    status: code === "AccessDenied" ? 403 : 500,
    code,
    message: textIn(failure, "Message") ?? "",
    headers: {},
    region: undefined,
  };
  throw explainRefusal(settings, call, refusal, await settings.credentials?.current());
}

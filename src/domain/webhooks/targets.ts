import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

import { Problem } from "#kernel/errors";

import { isPublicAddress } from "./addresses.ts";
import { problems } from "./problems.ts";

/** All addresses of a name. Throws what the system throws when there are none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

export const systemResolve: Resolve = async (name) =>
  (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address);

/** Where webhooks may go: public hosts over https, and whatever the operator has named. */
export interface Targets {
  /** Reads an address and refuses it for its form. Throws `webhook_url_refused`. */
  read(url: string): URL;
  /** The addresses to connect to, every one checked. Throws `webhook_url_refused`, or that there are none. */
  addressesOf(url: URL): Promise<readonly string[]>;
}

const longestUrl = 2_000;

/** `allowedHosts`: a name or an address, with a port or for all ports; only the server's operator can say them. */
export function createTargets({
  allowedHosts,
  resolve,
}: {
  readonly allowedHosts: readonly string[];
  readonly resolve: Resolve;
}): Targets {
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  const isAllowed = ({ hostname, port, protocol }: URL): boolean =>
    allowed.has(hostname) || allowed.has(`${hostname}:${port || (protocol === "https:" ? "443" : "80")}`);

  return {
    read(text) {
      if (text.trim() === "") throw refused(`Webhook URL cannot be empty or just whitespace: '${text}'`);
      if (text.length > longestUrl) throw refused(`Webhook URL is longer than ${longestUrl} characters.`);
      // The parser of the web: it turns every spelling of an address (2130706433, 0x7f.1, 017700000001) into one.
      if (!URL.canParse(text)) throw refused("Invalid webhook URL: it cannot be read as an address.");
      const url = new URL(text);
      const schemes = isAllowed(url) ? ["https:", "http:"] : ["https:"];
      if (!schemes.includes(url.protocol)) {
        throw refused(
          `Invalid webhook URL scheme: '${url.protocol.slice(0, -1)}'. ` +
            `Allowed schemes are: ${schemes.map((one) => one.slice(0, -1)).join(", ")}.`,
        );
      }
      if (url.username !== "" || url.password !== "")
        throw refused("Invalid webhook URL: it must not hold a user name or a password; use a secret.");
      const literal = bareHost(url);
      if (isIP(literal) !== 0 && !isAllowed(url)) refusePrivate(literal, literal);
      return url;
    },
    async addressesOf(url) {
      const host = bareHost(url);
      const addresses = isIP(host) === 0 ? await resolve(host) : [host];
      if (addresses.length === 0) throw new Error(`${host} has no address`);
      // One private address among public ones is how a name is made to lead inside now and then.
      if (!isAllowed(url)) for (const address of addresses) refusePrivate(address, host);
      return addresses;
    },
  };
}

function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

function refusePrivate(address: string, host: string): void {
  if (isPublicAddress(address)) return;
  throw refused(`Webhook URL must not resolve to a non-public IP address, and ${host} does.`);
}

function refused(message: string): Problem {
  return new Problem(problems.webhook_url_refused, { message });
}

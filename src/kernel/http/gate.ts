import { isLoopback } from "../auth/index.ts";
import { Problem } from "../errors.ts";
import { problems } from "./problems.ts";

/** What the gate looks at before anything else of a request. */
export interface Approach {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** The browser's own word on where a request comes from (`Sec-Fetch-Site`). */
  readonly fetchSite: string | undefined;
  readonly isStream: boolean;
}

export interface GateOptions {
  /** The port once it is bound. */
  port(): number;
  /** Further names of this server, each as in a Host header: `gyre.example.org`, `localhost:5173`. */
  readonly allowedHosts: readonly string[];
  /** Whether everybody must sign in; then a foreign host name gives an attacker nothing. */
  readonly requiresSignIn: boolean;
}

/**
 * Refuses requests that a foreign web page could send through the user's own browser. In local mode
 * the loopback address is the credential, so the Host must be exactly ours (or a page could point its
 * own name at 127.0.0.1), and whatever changes state or listens must come from our own origin.
 */
export function createGate(options: GateOptions): (approach: Approach) => void {
  const anyHost = options.requiresSignIn && options.allowedHosts.length === 0;
  let known: { readonly port: number; readonly hosts: string[] } | undefined;
  const hosts = (): string[] => {
    const port = options.port();
    known = known?.port === port ? known : { port, hosts: hostsAt(port) };
    return known.hosts;
  };
  const hostsAt = (port: number): string[] => {
    const bare = port === 80 ? ["127.0.0.1", "localhost", "[::1]"] : [];
    return [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, ...bare, ...options.allowedHosts];
  };

  return (approach) => {
    const host = approach.host?.toLowerCase();
    if (host === undefined || host === "" || (!anyHost && !hosts().includes(host))) {
      throw new Problem(problems.host_refused, {
        message: `The Host header ${JSON.stringify(approach.host ?? "")} is not a name of this server.`,
      });
    }
    if (isReading(approach.method) && !approach.isStream) return;
    refuseForeignOrigin(approach, anyHost ? [host] : hosts());
  };
}

function isReading(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

/** A request without Origin is none of a browser's, or a same-origin read, unless the browser says otherwise. */
function refuseForeignOrigin(approach: Approach, hosts: readonly string[]): void {
  const { origin, fetchSite } = approach;
  const isOurs =
    origin === undefined
      ? fetchSite === undefined || fetchSite === "same-origin" || fetchSite === "none"
      : hosts.some((host) => origin === `http://${host}` || origin === `https://${host}`);
  if (isOurs) return;
  throw new Problem(problems.origin_refused, {
    message: `A page of ${JSON.stringify(origin ?? `another site (${fetchSite})`)} may not change or follow anything here.`,
  });
}

/** Throws `bind_needs_authentication` when others than this machine's users could reach an open server. */
export function refuseOpenBind(host: string, requiresSignIn: boolean): void {
  if (isLoopback(host) || requiresSignIn) return;
  throw new Problem(problems.bind_needs_authentication, {
    message: `Listening on ${host} would let everybody who reaches it act as the owner, because signing in is not required.`,
  });
}

const contentPolicy = [
  "default-src 'self'",
  // The interface's components place themselves with style attributes and style elements.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** On every answer. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": contentPolicy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

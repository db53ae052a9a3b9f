import type { Visit } from "#kernel/http";

/** The address under which this client reached the server, for addresses it is to call next. */
export function ownAddress({ request }: Pick<Visit, "request">): string {
  const { host, "x-forwarded-proto": forwarded } = request.headers;
  // A proxy that ends TLS says so. Whoever invents the header gets an address that does not work, from a
  // server whose name the gate has checked.
  const scheme = forwarded === "https" ? "https" : request.protocol;
  return `${scheme}://${host ?? request.hostname}`;
}

/**
 * The address below an experiment's artifact location. A query or a fragment stays at the end, as MLflow's
 * clients expect of addresses such as `wasbs://container@account/path?option=1`; such a location can only
 * have come with an import. In a path without a scheme the two signs mean nothing. It is text for clients:
 * nothing here ever opens it.
 */
export function artifactLocationBelow(location: string, path: string): string {
  const [, address = location, rest = ""] =
    /^([A-Za-z][A-Za-z0-9+.-]*:[^?#]*)([?#].*)$/s.exec(location) ?? [];
  return `${address.replace(/\/$/, "")}/${path}${rest}`;
}

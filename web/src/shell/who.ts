import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useCallback } from "react";
import { meQuery, peopleQuery } from "../data/session.ts";

/** What a button may need; the words say it in "You may not …". */
const deeds = {
  "pipeline:run": "run the pipeline",
  "run:write": "change runs",
  "release:request": "ask for a release",
  "release:approve": "decide about releases",
  "release:rollback": "roll back",
  "deployment:write": "resolve incidents",
  "prediction:write": "send predictions",
  "audit:read": "read the audit trail",
  "webhook:manage": "manage webhooks",
} as const;
export type Permission = keyof typeof deeds;

/**
 * Why the reader may not do something here, as a sentence; undefined when they may, and while it is
 * not known yet: the server decides in any case, this only saves the attempt.
 */
export function useRefusal(project: string | undefined, permission: Permission): string | undefined {
  const { data } = useQuery(meQuery);
  if (!data) return undefined;
  const { everywhere, projects } = data.permissions;
  if (everywhere.includes(permission)) return undefined;
  if (project !== undefined && projects[project]?.includes(permission)) return undefined;
  return `You may not ${deeds[permission]} here. Ask an owner of ${project ?? "everything"} for a role with ${permission}.`;
}

/** Whether the reader may do something in all projects at once; false while it is not known yet. */
export function useMayEverywhere(permission: Permission): boolean {
  const { data } = useQuery(meQuery);
  return data?.permissions.everywhere.includes(permission) === true;
}

/** The name behind the id of an actor; the id itself when nobody is known by it. */
export function useNameOf(): (id: string) => string {
  const { project = "" } = useParams({ strict: false });
  const { data } = useQuery({ ...peopleQuery(project), enabled: project !== "" });
  const people = data?.people;
  return useCallback(
    (id: string) => people?.find((person) => person.id === id)?.name ?? (id === "system" ? "Gyre" : id),
    [people],
  );
}

/** Whether an id is the reader's own. */
export function useIsMe(): (id: string) => boolean {
  const { data } = useQuery(meQuery);
  return (id) => data?.principal.id === id;
}

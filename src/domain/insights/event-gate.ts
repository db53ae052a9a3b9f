import { modelThing, outsideProjects } from "#access";
import type { Delivery } from "#delivery";
import type { AnyLedgerEvent, EventFilter, Ledger } from "#kernel/events";
import type { Monitoring } from "#monitoring";
import type { Asking, Registry } from "#registry";

/** Which events a visitor may read: those of no model, and those of models that the visitor may see. */
export interface EventGate {
  only(project: string, events: readonly AnyLedgerEvent[], asking: Asking): Promise<AnyLedgerEvent[]>;
  /** As `only`, for events of whatever project or of none. */
  onlyAnywhere(events: readonly AnyLedgerEvent[], asking: Asking): Promise<AnyLedgerEvent[]>;
  /** The newest of them, `limit` where there are so many: how many were left out is not to be seen. */
  newest(
    filter: EventFilter & { readonly project: string; readonly limit: number },
    asking: Asking,
  ): Promise<AnyLedgerEvent[]>;
}

interface EventGateParts {
  readonly ledger: Pick<Ledger, "list">;
  readonly registry: Pick<Registry, "gate" | "listNames" | "modelsOfVersions">;
  readonly delivery: Pick<Delivery, "modelsOfReleases">;
  readonly monitoring: Pick<Monitoring, "releasesOfIncidents">;
}

/** Whoever is shut out of much has to be looked for further back. */
const furtherEvents = 500;

export function createEventGate(parts: EventGateParts): EventGate {
  const { ledger, registry } = parts;
  const only: EventGate["only"] = async (project, events, asking) => {
    const models = await modelsTold(parts, project, events);
    return await registry.gate.onlyAbout(project, events, (event) => models.get(event) ?? [], asking);
  };
  return {
    only,
    async onlyAnywhere(events, asking) {
      const found: AnyLedgerEvent[] = [];
      for (const [project, some] of Map.groupBy(events, (event) => event.project)) {
        found.push(
          ...(project === null ? await onlyOutside(some, asking) : await only(project, some, asking)),
        );
      }
      return found;
    },
    async newest(filter, asking) {
      const found: AnyLedgerEvent[] = [];
      let { limit, before } = filter;
      for (;;) {
        const at = before === undefined ? {} : { before };
        const events = await ledger.list({ ...filter, ...at, limit, newestFirst: true });
        found.push(...(await only(filter.project, events, asking)));
        if (found.length >= filter.limit || events.length < limit) return found.slice(0, filter.limit);
        before = events.at(-1)?.seq;
        limit = furtherEvents;
      }
    },
  };
}

/** Of models outside projects, whose flat name is their name. */
async function onlyOutside(
  events: readonly AnyLedgerEvent[],
  { onlyAllowed }: Asking,
): Promise<AnyLedgerEvent[]> {
  return await onlyAllowed(
    events,
    () => outsideProjects,
    (event) => namesIn(event).map(modelThing)[0],
  );
}

/**
 * The models that events tell of. Ids carry their kind, so every id of a version, a release or an incident is found
 * wherever an event has it, in the events of modules to come too; besides there are events that call a model by its
 * name. A name that is there no more, as after a renaming, may be any model's; and a batch of outcomes is about
 * whichever models have been released: both are told to whom every such model is open.
 */
async function modelsTold(
  { registry, delivery, monitoring }: EventGateParts,
  project: string,
  events: readonly AnyLedgerEvent[],
): Promise<ReadonlyMap<AnyLedgerEvent, readonly string[]>> {
  const told = events.map((event) => ({ event, ids: idsIn(event), names: namesIn(event) }));
  const idsOf = (prefix: string): string[] => [
    ...new Set(told.flatMap(({ ids }) => ids.filter((id) => id.startsWith(prefix)))),
  ];
  const isOfAll = ({ kind }: AnyLedgerEvent): boolean => kind === "outcomes.recorded";
  const [versions, incidents] = [idsOf("mv_"), idsOf("inc_")];
  const ofVersions = await registry.modelsOfVersions(project, versions);
  const ofIncidents = await monitoring.releasesOfIncidents(project, incidents);
  const needsReleases = idsOf("rel_").length > 0 || ofIncidents.size > 0 || events.some(isOfAll);
  const ofReleases = needsReleases ? await delivery.modelsOfReleases(project) : new Map<string, string>();
  const known = told.some(({ names }) => names.length > 0) ? await registry.listNames(project) : [];

  const modelsOfId = (id: string): (string | undefined)[] =>
    id.startsWith("inc_")
      ? (ofIncidents.get(id) ?? []).map((release) => ofReleases.get(release))
      : [ofVersions.get(id) ?? ofReleases.get(id)];
  const modelsOfName = (name: string): string[] => {
    const found = known.filter((one) => one.model === name || one.name === name);
    return (found.length === 0 ? known : found).map(({ model }) => model);
  };
  return new Map(
    told.map(({ event, ids, names }) => {
      const models = [...ids.flatMap(modelsOfId), ...names.flatMap(modelsOfName)];
      if (isOfAll(event)) models.push(...ofReleases.values());
      return [event, [...new Set(models.filter((model) => model !== undefined))]];
    }),
  );
}

function idsIn({ subject, data }: AnyLedgerEvent): string[] {
  const text = JSON.stringify([subject, data]);
  return [...new Set(Array.from(text.matchAll(/\b(?:mv|rel|inc)_\w+/g), ([id]) => id))];
}

function namesIn({ kind, subject, data }: AnyLedgerEvent): string[] {
  const names = kind.startsWith("registered_model.") ? [subject] : [];
  if ("model" in data && typeof data.model === "string") names.push(data.model);
  // Prompts are models; they are linked as name/version.
  if ("prompts" in data) names.push(...data.prompts.map((prompt) => prompt.replace(/\/[^/]*$/, "")));
  return names;
}

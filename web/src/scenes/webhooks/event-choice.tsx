import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Skeleton } from "../../components/answers.tsx";
import { words } from "../../components/format.ts";
import { webhookEventsQuery } from "../../data/webhooks.ts";
import { Answer } from "../../shell/answer.tsx";

/** What a webhook is told, as boxes to tick, those about one noun together. */
export function EventChoice({ chosen, onChange }: EventChoiceProps) {
  const query = useQuery(webhookEventsQuery);
  return (
    <Answer query={query} skeleton={<Skeleton height={240} />}>
      {({ events }) => <Boxes events={events} chosen={chosen} onChange={onChange} />}
    </Answer>
  );
}

export interface EventChoiceProps {
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}

function Boxes({ events, chosen, onChange }: EventChoiceProps & { events: readonly string[] }) {
  const groups = useMemo(() => [...Map.groupBy(events, (event) => event.split(".")[0] ?? "")], [events]);
  const toggle = (event: string, isOn: boolean) =>
    onChange(events.filter((one) => (one === event ? isOn : chosen.includes(one))));
  return (
    <fieldset>
      <legend className="text-sm font-medium">Events</legend>
      <div className="mt-1 gap-x-6 sm:columns-2">
        {groups.map(([noun, names]) => (
          <div key={noun} role="group" aria-label={words(noun)} className="mb-3 break-inside-avoid">
            <p className="text-xs text-faint">{words(noun)}</p>
            {names.map((event) => (
              <label key={event} className="flex min-h-7 items-center gap-2 text-sm">
                <input
                  type="checkbox"
                  checked={chosen.includes(event)}
                  onChange={(change) => toggle(event, change.target.checked)}
                  className="size-4 shrink-0 accent-(--accent-fill)"
                />
                {words(event.split(".")[1] ?? event)}
                <span className="sr-only">{event}</span>
              </label>
            ))}
          </div>
        ))}
      </div>
    </fieldset>
  );
}

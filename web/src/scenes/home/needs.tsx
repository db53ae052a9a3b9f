import type { ReactNode } from "react";
import { Icon } from "../../components/icons.tsx";
import { PlainLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { toneClasses } from "../../components/states.ts";
import { RelativeTime } from "../../components/time.tsx";
import type { Need } from "../../data/projects.ts";

/** What does not go on without a person, most pressing first. */
export function Needs({ project, needs }: { project: string; needs: readonly Need[] }) {
  return (
    <Panel title="Waiting for someone" flush={needs.length > 0}>
      {needs.length === 0 ? (
        <p className="flex items-center gap-2 text-soft">
          <Icon name="check" className="text-good" />
          Nothing. Gates, approvals and incidents appear here.
        </p>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {needs.map((need) => (
            <li key={need.id}>
              <NeedLink project={project} need={need}>
                <span
                  className={`flex size-8 shrink-0 items-center justify-center rounded-full ${toneClasses[need.tone].wash} ${toneClasses[need.tone].ink}`}
                >
                  <Icon name={need.tone === "bad" ? "cross" : need.tone === "busy" ? "clock" : "incident"} />
                </span>
                <span className="min-w-0 flex-1">
                  <span className="block font-medium">{need.title}</span>
                  {need.detail && <span className="block text-sm text-soft">{need.detail}</span>}
                </span>
                <span className="text-xs text-faint">
                  <RelativeTime atMs={need.atMs} />
                </span>
              </NeedLink>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

const rowClass = "flex items-center gap-4 px-5 py-3 -outline-offset-2 hover:bg-hover";

function NeedLink({ project, need, children }: { project: string; need: Need; children: ReactNode }) {
  const { kind, id, name = "", number = 0 } = need.about;
  const shared = { className: rowClass, children };
  if (kind === "release")
    return (
      <PlainLink to="/projects/$project/releases/$release" params={{ project, release: id }} {...shared} />
    );
  if (kind === "incident")
    return (
      <PlainLink to="/projects/$project/incidents/$incident" params={{ project, incident: id }} {...shared} />
    );
  if (kind === "execution") {
    return (
      <PlainLink
        to="/projects/$project/executions/$execution"
        params={{ project, execution: id }}
        {...shared}
      />
    );
  }
  if (kind === "dataset") {
    return (
      <PlainLink
        to="/projects/$project/data/$dataset/$version"
        params={{ project, dataset: name, version: String(number) }}
        {...shared}
      />
    );
  }
  if (kind === "model") {
    return (
      <PlainLink
        to="/projects/$project/models/$model/$version"
        params={{ project, model: name, version: String(number) }}
        {...shared}
      />
    );
  }
  return <PlainLink to="/projects/$project/charter" params={{ project }} {...shared} />;
}

import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { BarList } from "../../components/charts/bar-list.tsx";
import { dateTime, day, duration, share, words } from "../../components/format.ts";
import { ButtonLink, TextLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Stat, StatRow } from "../../components/stat.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { Timeline } from "../../components/timeline.tsx";
import { incidentQuery, type Incident } from "../../data/incidents.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { Resolve } from "./resolve.tsx";
import { Actor } from "../../shell/actor.tsx";
import { metricFormat, metricName } from "../metrics.ts";
import { Evidence } from "./evidence.tsx";

/** One incident: how bad, since when, why, and what was done about it. */
export function IncidentPage() {
  const { project, incident: id } = useParams({ from: "/projects/$project/incidents/$incident" });
  const query = useQuery(incidentQuery(project, id));
  return <Answer query={query}>{({ incident }) => <Loaded project={project} incident={incident} />}</Answer>;
}

function Loaded({ project, incident }: { project: string; incident: Incident }) {
  const { evidence, cause } = incident;
  const format = metricFormat(evidence.metric);
  return (
    <>
      <PageHeader
        crumbs={crumbs(project, "incidents")}
        title={incident.title}
        state={<StateBadge state={incident.state} />}
        meta={
          <>
            <span>{incident.kind}</span>
            <span title={dateTime(incident.openedAtMs)}>
              opened <RelativeTime atMs={incident.openedAtMs} />
            </span>
            {incident.releaseId && (
              <TextLink
                to="/projects/$project/releases/$release"
                params={{ project, release: incident.releaseId }}
              >
                the release concerned
              </TextLink>
            )}
            <code className="font-mono text-xs">{incident.id}</code>
          </>
        }
        actions={
          <>
            <ButtonLink to="/projects/$project/monitoring" params={{ project }} icon="monitoring">
              See the curves
            </ButtonLink>
            {incident.state === "open" && <Resolve project={project} incident={incident.id} />}
          </>
        }
      />
      <div className="space-y-5">
        <Panel>
          <StatRow>
            <Stat
              label={metricName(evidence.metric)}
              value={evidence.value}
              format={format}
              interval={evidence.interval}
              n={evidence.n}
              state={incident.state === "open" ? "open" : "resolved"}
            />
            <Stat label="Expected" value={evidence.expected} format={format} />
            <Stat
              label="Began"
              value={day(incident.onsetMs)}
              note={<RelativeTime atMs={incident.onsetMs} />}
            />
            <Stat label="Found after" value={duration(incident.openedAtMs - incident.onsetMs)} />
            {incident.resolvedAtMs !== null && (
              <Stat label="Lasted" value={duration(incident.resolvedAtMs - incident.onsetMs)} />
            )}
          </StatRow>
        </Panel>
        <Evidence project={project} incident={incident} />
        <div className="grid items-start gap-5 lg:grid-cols-2">
          <Panel title="Likely cause">
            <p className="mb-4 text-lg">{cause.sentence}</p>
            {cause.ranked.length > 0 && (
              <BarList
                label="Possible causes, likeliest first"
                tone="warn"
                format={(weight) => share(weight, 0)}
                items={cause.ranked.slice(0, 8).map((each) => ({
                  name: `${each.kind} ${each.name}`,
                  label: each.name.replace("=", " "),
                  value: each.weight,
                  note: (
                    <>
                      <span className="font-medium">{words(each.kind)}</span>: {each.detail}
                      {each.examples.length > 0 && (
                        <span className="mt-0.5 block text-soft">
                          {each.examples.slice(0, 4).join(" · ")}
                        </span>
                      )}
                    </>
                  ),
                }))}
              />
            )}
          </Panel>
          <Panel title="What happened">
            <Timeline
              entries={incident.timeline.map((entry, index) => ({
                id: index,
                atMs: entry.atMs,
                title: entry.link ? <TextLink to={entry.link}>{entry.text}</TextLink> : entry.text,
              }))}
            />
            {incident.resolution && (
              <p className="mt-4 border-t border-line pt-3 text-soft">
                <Actor id={incident.resolution.by} />: {words(incident.resolution.verdict)}.{" "}
                {incident.resolution.note}
              </p>
            )}
          </Panel>
        </div>
      </div>
    </>
  );
}

import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { learnServerTime } from "../../clock.ts";
import { LoopPicture } from "../../components/loop-picture.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { overviewQuery, type Overview } from "../../data/projects.ts";
import { Answer } from "../../shell/answer.tsx";
import { EventList } from "../audit/event-list.tsx";
import { TextLink } from "../../components/link.tsx";
import { CharterCore } from "./charter-core.tsx";
import { Needs } from "./needs.tsx";
import { StationLink } from "./station-link.tsx";

/** The state of the whole product on one screen: the loop, what waits for someone, what happened. */
export function Home() {
  const { project } = useParams({ from: "/projects/$project/" });
  const query = useQuery(overviewQuery(project));
  return <Answer query={query}>{(overview) => <Loaded project={project} overview={overview} />}</Answer>;
}

function Loaded({ project, overview }: { project: string; overview: Overview }) {
  useEffect(() => learnServerTime(overview.nowMs), [overview.nowMs]);
  return (
    <>
      <PageHeader title={project} lead={summary(overview)} />
      <div className="space-y-5">
        <section aria-label="The loop" className="rounded-xl border border-line bg-panel px-4 py-5 sm:px-6">
          <LoopPicture
            stations={overview.stations}
            charter={<CharterCore project={project} charter={overview.charter} />}
            renderLink={(station, className, content) => (
              <StationLink project={project} station={station} className={className}>
                {content}
              </StationLink>
            )}
          />
        </section>
        <div className="grid items-start gap-5 xl:grid-cols-[5fr_4fr]">
          <Needs project={project} needs={overview.needs} />
          <Panel
            title="What happened"
            actions={
              <TextLink to="/projects/$project/audit" params={{ project }} className="text-sm">
                All events
              </TextLink>
            }
          >
            <EventList project={project} events={overview.events.slice(0, 8)} />
          </Panel>
        </div>
      </div>
    </>
  );
}

function summary({ needs, stations }: Overview): string {
  const begun = stations.some((station) => station.state !== "empty");
  if (!begun) return "The loop begins with data. Each station lights up once it was reached.";
  if (needs.length === 0) return "Nothing waits for you. The loop turns by itself.";
  return needs.length === 1 ? "One thing waits for someone." : `${needs.length} things wait for someone.`;
}

import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Skeleton } from "../../components/answers.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { computeQuery, queueQuery } from "../../data/compute.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { QueuePanels } from "./queue.tsx";
import { Targets } from "./targets.tsx";
import { WorkTable } from "./work.tsx";

/** Where steps run: what is free, what runs, and of everything that waits the place in the queue and the reason. */
export function ComputePage() {
  const { project } = useParams({ from: "/projects/$project/compute" });
  const queue = useQuery(queueQuery(project));
  const compute = useQuery(computeQuery(project));
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Compute"
        lead="Where steps run, what is free there, and of each step that waits its place in the queue and the reason."
      />
      <div className="space-y-5">
        <Answer query={queue} skeleton={<Skeleton height={260} />}>
          {(state) => <QueuePanels project={project} queue={state} />}
        </Answer>
        <Answer query={compute} skeleton={<Skeleton height={220} />}>
          {({ targets, work }) => (
            <>
              <Targets targets={targets} />
              <WorkTable project={project} work={work} />
            </>
          )}
        </Answer>
      </div>
    </>
  );
}

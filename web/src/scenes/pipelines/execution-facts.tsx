import { Digest } from "../../components/code-block.tsx";
import { dateTime, plain } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { TextLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import type { Execution } from "../../data/executions.ts";
import { DatasetVersionLink } from "../data/version-link.tsx";

/** What an execution was made from, and why it was begun. */
export function ExecutionFacts({ project, execution }: { project: string; execution: Execution }) {
  return (
    <Panel title="What it worked with">
      <KeyValueList
        items={[
          { name: "Code", value: <Digest value={execution.codeDigest} /> },
          {
            name: "Environment",
            value: execution.environmentDigest ? <Digest value={execution.environmentDigest} /> : undefined,
          },
          ...Object.entries(execution.datasetVersions).map(([dataset, version]) => ({
            name: `Data: ${dataset}`,
            value: <DatasetVersionLink project={project} dataset={dataset} id={version} />,
          })),
          ...Object.entries(execution.parameters).map(([name, value]) => ({ name, value: plain(value) })),
          {
            name: "Targets",
            value: execution.targets.length > 0 ? execution.targets.join(", ") : "the whole pipeline",
          },
          {
            name: "Study",
            value: execution.purpose.study ? (
              <TextLink
                to="/projects/$project/studies/$study"
                params={{ project, study: execution.purpose.study }}
              >
                {`trial ${execution.purpose.trial ?? ""}`}
              </TextLink>
            ) : undefined,
          },
          { name: "Cancelled", value: execution.cancelReason ?? undefined },
          {
            name: "Because of",
            value: execution.purpose.incident ? (
              <TextLink
                to="/projects/$project/incidents/$incident"
                params={{ project, incident: execution.purpose.incident }}
              >
                {execution.purpose.incident}
              </TextLink>
            ) : undefined,
          },
          { name: "Asked for", value: dateTime(execution.createdAtMs) },
          { name: "Began", value: dateTime(execution.startedAtMs) },
          { name: "Ended", value: dateTime(execution.endedAtMs) },
        ]}
      />
    </Panel>
  );
}

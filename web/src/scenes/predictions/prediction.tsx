import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { dateTime, duration, number, plain } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { TextLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { Badge, StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { traceQuery, type Trace } from "../../data/predictions.ts";
import { Actor } from "../../shell/actor.tsx";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { Interval } from "../releases/interval.tsx";
import { Origin } from "./origin.tsx";

/** One prediction: what was asked, what was answered, what turned out, and everything it came from. */
export function PredictionPage() {
  const { project, prediction: id } = useParams({ from: "/projects/$project/predictions/$prediction" });
  const query = useQuery(traceQuery(project, id));
  return <Answer query={query}>{(trace) => <Loaded project={project} trace={trace} />}</Answer>;
}

function Loaded({ project, trace }: { project: string; trace: Trace }) {
  const { prediction, outcome } = trace;
  return (
    <>
      <PageHeader
        crumbs={crumbs(project, "serving")}
        title={prediction.predictionId}
        mono
        state={<Badge tone="accent">{prediction.role}</Badge>}
        lead={`Answered “${prediction.label}” and decided ${prediction.decision ? "yes" : "no"}.`}
        meta={
          <>
            <span title={dateTime(prediction.atMs)}>
              asked <RelativeTime atMs={prediction.atMs} />
            </span>
            <span>answered in {duration(prediction.latencyMs)}</span>
            <TextLink
              to="/projects/$project/serving/$deployment"
              params={{ project, deployment: prediction.deployment }}
            >
              the deployment
            </TextLink>
          </>
        }
      />
      <div className="space-y-5">
        <div className="grid items-start gap-5 lg:grid-cols-2">
          <Panel title="What was asked" hint="as it was logged">
            <KeyValueList
              items={[
                ...Object.entries(prediction.inputs).map(([name, value]) => ({ name, value: plain(value) })),
                {
                  name: "Asked for",
                  value: prediction.unit === prediction.requestId ? undefined : prediction.unit || undefined,
                },
                { name: "Request", value: <code className="font-mono text-xs">{prediction.requestId}</code> },
              ]}
            />
          </Panel>
          <Panel title="What was answered">
            <p className="mb-3 flex flex-wrap items-center gap-3 text-2xl font-semibold">
              {prediction.label}
              {outcome && <StateBadge {...judgement(trace)} />}
            </p>
            <Interval
              label="probability of the deciding class"
              value={prediction.score}
              interval={null}
              bound={prediction.threshold}
              baseline={null}
              boundName="threshold"
              range={[0, 1]}
            />
            <div className="mt-3">
              <KeyValueList
                items={[
                  {
                    name: "Decision",
                    value: `${prediction.decision ? "yes" : "no"}: ${number(prediction.score)} is ${prediction.decision ? "at least" : "below"} the threshold ${number(prediction.threshold)}`,
                  },
                  {
                    name: "Turned out",
                    value: outcome ? (
                      <>
                        {outcome.value}, told by <Actor id={outcome.actor} />{" "}
                        <RelativeTime atMs={outcome.receivedAtMs} />
                      </>
                    ) : (
                      "nobody has said yet"
                    ),
                  },
                  ...trace.earlierOutcomes.map((earlier, index) => ({
                    name: `Corrected ${index + 1}`,
                    value: `${earlier.value}, ${dateTime(earlier.receivedAtMs)}`,
                  })),
                ]}
              />
            </div>
          </Panel>
        </div>
        <Origin project={project} trace={trace} />
      </div>
    </>
  );
}

function judgement({ prediction, outcome }: Trace): { state: string; word: string } {
  return prediction.label === outcome?.value
    ? { state: "passed", word: "it was right" }
    : { state: "attention", word: `it was ${outcome?.value ?? "something else"}` };
}

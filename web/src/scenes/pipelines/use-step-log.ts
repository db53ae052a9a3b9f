import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { logStreamPath, stepLogQuery, type Step } from "../../data/executions.ts";

/** The lines of a step: the log so far, and while it runs what comes after, as it is printed. */
export function useStepLog(project: string, execution: string, step: Step): readonly string[] {
  const asked = step.state !== "waiting" && step.state !== "skipped";
  const { data } = useQuery({ ...stepLogQuery(project, execution, step.stage), enabled: asked });
  const [tail, setTail] = useState("");
  const running = step.state === "running";
  const loaded = data !== undefined;

  useEffect(() => {
    if (!running || !loaded) return;
    const stream = new EventSource(logStreamPath(project, execution));
    const onLine = (message: MessageEvent<string>) => {
      const line = readLine(message.data);
      if (line?.stage === step.stage) setTail((before) => before + line.text);
    };
    stream.addEventListener("line", onLine);
    stream.addEventListener("message", onLine);
    return () => stream.close();
  }, [running, loaded, project, execution, step.stage]);

  const text = `${data?.text ?? step.lastLines.join("\n")}${tail}`;
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function readLine(data: string): { stage: string; text: string } | undefined {
  try {
    const line: unknown = JSON.parse(data);
    if (typeof line !== "object" || line === null || !("stage" in line) || !("text" in line))
      return undefined;
    const text = String(line.text);
    return { stage: String(line.stage), text: text.endsWith("\n") ? text : `${text}\n` };
  } catch {
    return undefined;
  }
}

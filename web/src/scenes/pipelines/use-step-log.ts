import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { logStreamPath, stepLogQuery, type Step } from "../../data/executions.ts";

/** The lines of a step: while it runs as they are printed, afterwards as they were kept. */
export function useStepLog(project: string, execution: string, step: Step): readonly string[] {
  const running = step.state === "running";
  const ended = step.attempt > 0 && !running;
  const { data } = useQuery({ ...stepLogQuery(project, execution, step.stage), enabled: ended });
  const [live, setLive] = useState("");

  useEffect(() => {
    if (!running) return;
    setLive("");
    const stream = new EventSource(logStreamPath(project, execution));
    stream.addEventListener("log", (message: MessageEvent<string>) => {
      const part = readPart(message.data);
      if (part?.stage === step.stage) setLive((before) => before + part.text);
    });
    stream.addEventListener("end", () => stream.close());
    // The stream tells everything from the beginning: after a break it must not be added a second time.
    stream.addEventListener("error", () => setLive(""));
    return () => stream.close();
  }, [running, project, execution, step.stage]);

  const text = (ended ? data : undefined) ?? (live || step.lastLines.join("\n"));
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function readPart(data: string): { stage: string; text: string } | undefined {
  try {
    const part: unknown = JSON.parse(data);
    if (typeof part !== "object" || part === null || !("stage" in part) || !("text" in part))
      return undefined;
    return { stage: String(part.stage), text: String(part.text) };
  } catch {
    return undefined;
  }
}

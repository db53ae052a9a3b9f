/** The runs that track a study and its trials. They write to the database alone, and join the transaction they are called in. */
export interface StudyRunsPort {
  start(run: {
    readonly project: string;
    readonly name: string;
    /** The run it belongs under. */
    readonly parentRunId?: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly parameters: Readonly<Record<string, string>>;
    readonly actor: string;
    readonly startedAtMs: number;
  }): Promise<string>;
  log(
    runId: string,
    facts: { readonly points?: readonly LoggedPoint[]; readonly tags?: Readonly<Record<string, string>> },
  ): Promise<void>;
  finish(runId: string, status: "finished" | "failed" | "killed", actor: string): Promise<void>;
  /** Sets a run that had ended running again. */
  reopen(runId: string, actor: string): Promise<void>;
  /** The points of one metric of a run, by step; empty where nobody logged it. At most the first 10,000. */
  readCurve(runId: string, metric: string): Promise<readonly LoggedPoint[]>;
  /** The latest value of each metric of a run. */
  latestMetrics(runId: string): Promise<Readonly<Record<string, number>>>;
}

export interface LoggedPoint {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  readonly atMs: number;
}

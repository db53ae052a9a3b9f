/** The steps that run in an execution here, each of which may be told to stop and begin again later. */
export interface Preemptions {
  /** Aborts when the step's place is asked for. */
  begin(step: string): AbortSignal;
  end(step: string): void;
  preempt(step: string): void;
}

export function createPreemptions(): Preemptions {
  const running = new Map<string, AbortController>();
  return {
    begin(step) {
      const controller = new AbortController();
      running.set(step, controller);
      return controller.signal;
    },
    end: (step) => void running.delete(step),
    preempt: (step) => running.get(step)?.abort(new Error("preempted")),
  };
}

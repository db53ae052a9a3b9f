declare module "#kernel/events" {
  interface Events {
    /** A run of another system was reported for the first time, or as ended. The subject is its id. */
    "lineage_run.reported": {
      readonly job: string;
      readonly state: string;
      readonly producer: string;
    };
  }
}

export {};

declare module "#kernel/events" {
  interface Events {
    /** Content that nobody referred to is gone. The subject is `blobs`. */
    "garbage.collected": {
      readonly blobs: number;
      readonly bytes: number;
      readonly graceMs: number;
      /** What was stored last before this time went. */
      readonly storedBeforeMs: number;
    };
  }
}

export {};

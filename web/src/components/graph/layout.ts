/** What the layout is asked, and what it answers; both travel between page and worker. */
export interface LayoutRequest {
  id: number;
  nodes: readonly { id: string; width: number; height: number }[];
  edges: readonly { from: string; to: string }[];
  direction: "LR" | "TB";
}

export interface LayoutAnswer {
  id: number;
  width: number;
  height: number;
  nodes: readonly PlacedNode[];
  edges: readonly PlacedEdge[];
}

export interface PlacedNode {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface PlacedEdge {
  from: string;
  to: string;
  points: readonly { x: number; y: number }[];
}

let worker: Worker | undefined;
let lastId = 0;

/**
 * Places nodes and edges off the main thread. After `deadlineMs` the worker is ended and the promise
 * rejects: the caller shows the list instead.
 */
export function layOut(request: Omit<LayoutRequest, "id">, deadlineMs = 20_000): Promise<LayoutAnswer> {
  const engine = (worker ??= new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" }));
  lastId += 1;
  const id = lastId;
  return new Promise((resolve, reject) => {
    const onMessage = (event: MessageEvent<LayoutAnswer>) => {
      if (event.data.id !== id) return;
      finish();
      resolve(event.data);
    };
    const onError = () => {
      finish();
      reject(new Error("The graph could not be laid out."));
    };
    const timer = setTimeout(() => {
      engine.terminate();
      if (worker === engine) worker = undefined;
      onError();
    }, deadlineMs);
    const finish = () => {
      clearTimeout(timer);
      engine.removeEventListener("message", onMessage);
      engine.removeEventListener("error", onError);
    };
    engine.addEventListener("message", onMessage);
    engine.addEventListener("error", onError);
    engine.postMessage({ ...request, id } satisfies LayoutRequest);
  });
}

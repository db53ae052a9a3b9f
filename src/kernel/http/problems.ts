import { defineProblems } from "../errors.ts";

export const problems = defineProblems({
  route_without_permission: {
    kind: "failed",
    when: "A route was declared without a permission; the server does not start.",
    next: "Give the route a permission from the list in kernel/auth, or `public`.",
  },
  route_declared_twice: {
    kind: "failed",
    when: "Two routes have the same method and path; the server does not start.",
    next: "Remove one of them.",
  },
  route_parameters_differ: {
    kind: "failed",
    when: "The schema of a route's path parameters names others than its path; the server does not start.",
    next: "Make the names in the path and in the schema the same.",
  },
  route_not_found: {
    kind: "not_found",
    when: "No route has this method and path.",
    next: "See /api/v1/openapi.json for the routes there are.",
  },
  request_invalid: {
    kind: "invalid",
    when: "A field of the body, the query or the path is missing or has the wrong form.",
    next: "Correct the fields named, and send the request again; /api/v1/openapi.json describes them.",
  },
  body_malformed: {
    kind: "invalid",
    when: "The body of the request is not valid JSON.",
    next: "Correct the JSON at the position named.",
  },
  body_too_large: {
    kind: "too_large",
    when: "The body of the request is larger than the route accepts.",
    next: "Send less at once.",
  },
  body_too_slow: {
    kind: "unavailable",
    when: "The body of the request did not arrive in time.",
    next: "Send the request again.",
  },
  content_type_unsupported: {
    kind: "invalid",
    when: "The body of the request has a content type the route does not read.",
    next: "Send JSON with `Content-Type: application/json`.",
  },
  path_unsafe: {
    kind: "invalid",
    when: "A path is absolute, leaves its folder, or hides such a step in its encoding.",
    next: "Use a relative path without `..`, backslashes or control characters.",
  },
  range_not_satisfiable: {
    kind: "invalid",
    when: "A download asked for a range outside the file.",
    next: "Ask for a range within the size given in Content-Range.",
  },
  host_refused: {
    kind: "forbidden",
    when: "The Host header names another server than this one (this is how DNS rebinding looks).",
    next: "Use the address printed at the start, or name the host in --allowed-hosts.",
  },
  origin_refused: {
    kind: "forbidden",
    when: "A page of another origin tried to change something or to listen.",
    next: "Open the interface at the address printed at the start, or name its host in --allowed-hosts.",
  },
  request_timed_out: {
    kind: "unavailable",
    when: "The server took too long to answer.",
    next: "Try again; if it stays, look into the server's log for the request id.",
  },
  server_stopping: {
    kind: "unavailable",
    when: "The server is being stopped or restarted: it finishes what it has begun and takes nothing new.",
    next: "Send the request again in a few seconds, as Retry-After says; nothing of it was done.",
  },
  port_in_use: {
    kind: "conflict",
    when: "Another program listens on the port.",
    next: "Use `--port 0` for any free port, or stop the other program.",
  },
  address_unusable: {
    kind: "invalid",
    when: "The server cannot listen on the host and port given.",
    next: "Use an address of this machine and a port of 1024 or more.",
  },
  bind_needs_authentication: {
    kind: "forbidden",
    when: "The server was asked to listen beyond this machine while everybody who reaches it would act as its owner.",
    next: "Issue a token to an owner, then start with `--auth required`; or keep `--host 127.0.0.1`.",
  },
  interface_not_built: {
    kind: "not_found",
    when: "The web interface has not been built.",
    next: "Run `npm run build`, then load the page again.",
  },
  internal_error: {
    kind: "failed",
    when: "The server met something it did not expect.",
    next: "Look into the server's log for the request id, and report it.",
  },
});

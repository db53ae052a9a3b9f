import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  webhook_not_found: {
    kind: "not_found",
    when: "A webhook is named that does not exist.",
    next: "List the webhooks with GET /api/v1/webhooks.",
  },
  webhook_invalid: {
    kind: "invalid",
    when: "A webhook's name, events or secret have the wrong form.",
    next: "Correct what the message names; GET /api/v1/webhooks/events lists the events.",
  },
  webhook_url_refused: {
    kind: "invalid",
    when: "A webhook's address is not an https address of a public host.",
    next: "Use https and a public host, or name the host in --webhook-hosts when the server starts.",
  },
  webhook_delivery_not_found: {
    kind: "not_found",
    when: "A webhook has no delivery with this id; old ones are forgotten.",
    next: "List its deliveries.",
  },
  webhook_delivery_not_failed: {
    kind: "conflict",
    when: "A delivery is to be sent again that was delivered, or still is being delivered.",
    next: "Leave it: a delivery under way is tried again by itself.",
  },
  webhook_not_taken: {
    kind: "unavailable",
    when: "The receiver of a webhook could not be reached, or did not take a delivery.",
    next: "Nothing: it is tried again for about half an hour. Then mend the receiver and send it again.",
  },
});

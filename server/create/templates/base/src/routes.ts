import type { ConnectRouter } from "@connectrpc/connect";
import { principalOf } from "@countersign/server";
import { GreetService } from "../gen/greet/v1/greet_pb.js";

/** Register what the service does. Who may call it stands in the proto. */
export function routes(router: ConnectRouter): void {
  router.service(GreetService, {
    greet({ greeting }, ctx) {
      return { text: `${greeting}, ${principalOf(ctx).subject}` };
    },
    announce: () => ({}),
  });
}

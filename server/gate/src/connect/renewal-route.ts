import type { ConnectRouter } from "@connectrpc/connect";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { createPolicyTable, joinPolicyTables, type PolicyTable } from "../authorize/policy-table.ts";
import { createStreamService, type StreamServiceOptions } from "./stream-service.ts";

/** What {@link withRenewal} needs. */
interface RenewalRouteOptions extends StreamServiceOptions {
  readonly routes: (router: ConnectRouter) => void;
  /** The rules of what the routes serve. */
  readonly policies: PolicyTable;
  /** Receives a warning where the streams of another auth on the same router can no longer be renewed. */
  readonly onWarning: (message: string) => void;
}

/** Routes whose streams can be renewed, where a policy lets them be. */
export interface RenewableRoutes {
  readonly routes: (router: ConnectRouter) => void;
  /** The rules of all that they serve. */
  readonly policies: PolicyTable;
}

const RENEW_PATH = `/${StreamService.typeName}/${StreamService.method.renew.name}`;
const TWO_REGISTRIES =
  "another createAuth has registered StreamService on the same router: only streams of the last one can be renewed. " +
  "Serve both with one createAuth, which takes any number of services and issuers";

/**
 * Add the service that renews streams, where a policy lets them be renewed and the routes do not have it: without
 * it, a client's renewal would fail as unimplemented, and its streams would end.
 */
export function withRenewal(options: RenewalRouteOptions): RenewableRoutes {
  const { routes, policies, streams, clock, others, observe, onWarning } = options;
  // By its name: an application may have generated code of its own for it.
  const hasService = policies.entries.some(({ method }) => method.parent.typeName === StreamService.typeName);
  if (hasService || !policies.entries.some(({ policy }) => policy.renewable)) {
    return { routes, policies };
  }
  const service = createStreamService({ streams, clock, others, observe });
  return {
    policies: joinPolicyTables(policies, createPolicyTable([StreamService])),
    routes(router) {
      routes(router);
      if (router.handlers.some(({ requestPath }) => requestPath === RENEW_PATH)) {
        onWarning(TWO_REGISTRIES);
      }
      router.service(StreamService, service);
    },
  };
}

import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { readPolicy } from "../authorize/policy.ts";
import { createStreamService, type StreamServiceOptions } from "./stream-service.ts";

/** What {@link withRenewal} needs. */
interface RenewalRouteOptions extends StreamServiceOptions {
  readonly routes: (router: ConnectRouter) => void;
  /** What the routes serve. */
  readonly services: readonly DescService[];
}

/**
 * Add the service that renews streams, where a policy lets them be renewed and the routes do not have it: a client
 * that tried would otherwise be told that there is none, and its streams would end.
 */
export function withRenewal(options: RenewalRouteOptions): (router: ConnectRouter) => void {
  const { routes, services, ...renewal } = options;
  // By its name: an application may have generated code of its own for it.
  const hasService = services.some(({ typeName }) => typeName === StreamService.typeName);
  if (hasService || !services.some(hasRenewable)) {
    return routes;
  }
  const service = createStreamService(renewal);
  return (router) => {
    routes(router);
    router.service(StreamService, service);
  };
}

function hasRenewable(service: DescService): boolean {
  return service.methods.some((method) => {
    const result = readPolicy(method);
    return result.kind === "policy" && result.policy.renewable;
  });
}

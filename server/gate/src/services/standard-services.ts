import type { DescService } from "@bufbuild/protobuf";
import { type ConnectRouter, createConnectRouter } from "@connectrpc/connect";
import { Health } from "@countersign/gen/grpc/health/v1/health_pb.js";
import { ServerReflection as ReflectionV1 } from "@countersign/gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ReflectionV1Alpha } from "@countersign/gen/grpc/reflection/v1alpha/reflection_pb.js";
import { AUTHENTICATED_POLICY, PUBLIC_POLICY } from "../authorize/policy.ts";
import type { Policy } from "../authorize/policy-fields.ts";
import { assertOptions, FUNCTION, type OptionForm, required } from "../kernel/option-forms.ts";
import { createHealthService } from "./health.ts";
import { createHealthState, type HealthState } from "./health-state.ts";
import { createReflectionServices } from "./reflection.ts";

/** Who may ask which services there are, and for their types. `none`: there is no reflection. */
export type ReflectionAccess = "authenticated" | "public" | "none";

/** What {@link createStandardServices} takes. */
export interface StandardServicesOptions {
  /** Your routes. */
  readonly routes: (router: ConnectRouter) => void;
  /** Who may use reflection. Default `authenticated`: callers with a token. */
  readonly reflection?: ReflectionAccess;
}

/** The routes of a server with the services that gRPC tools look for, and their rules. */
export interface StandardServices {
  /** Your routes, health and reflection: for `routes` of `createAuth`. */
  readonly routes: (router: ConnectRouter) => void;
  /** The rules of health and reflection: for `policies` of `createAuth`. */
  readonly policies: ReadonlyMap<DescService, Policy>;
  /** The health of the server, which does not serve yet: `health.set("SERVING")`. */
  readonly health: HealthState;
  /** All services that are served. */
  readonly services: readonly DescService[];
}

/** How large a message to health or reflection may be, in bytes: strangers may send them, many at a time. */
const MAX_MESSAGE_BYTES = 64 * 1024;

const REFLECTION_POLICIES = {
  authenticated: AUTHENTICATED_POLICY,
  public: PUBLIC_POLICY,
  none: undefined,
} as const satisfies Record<ReflectionAccess, Policy | undefined>;

const FORMS: Readonly<Record<keyof StandardServicesOptions, OptionForm>> = {
  routes: required(FUNCTION, "must be a function that registers your services on a router"),
  reflection: {
    says: `must be one of ${Object.keys(REFLECTION_POLICIES).join(", ")}`,
    accepts: (value) => typeof value === "string" && Object.hasOwn(REFLECTION_POLICIES, value),
  },
};

/**
 * Add the services that gRPC tools look for to routes: health, which anyone may ask for, and reflection, with which
 * `buf curl` and `grpcurl` need no schema.
 *
 *     const standard = createStandardServices({ routes: (router) => router.service(Ledger, ledger) });
 *     const auth = createAuth({ routes: standard.routes, policies: standard.policies, issuers, audience });
 *     standard.health.set("SERVING");
 *
 * @throws TypeError when an option has no known name, or is missing or not of its kind
 */
export function createStandardServices(options: StandardServicesOptions): StandardServices {
  assertOptions("createStandardServices", options, FORMS);
  const { routes, reflection = "authenticated" } = options;
  const policies = standardPolicies(reflection);
  const services = [...servicesOf(routes), ...policies.keys()];
  const health = createHealthState(services);
  const limits = { readMaxBytes: MAX_MESSAGE_BYTES };
  // Once, not whenever the routes are registered: it indexes every file, and createAuth registers them several times.
  const reflected = reflection === "none" ? undefined : createReflectionServices(services);
  return {
    policies,
    services,
    health,
    routes(router) {
      routes(router);
      router.service(Health, createHealthService(health), limits);
      if (reflected !== undefined) {
        router.service(ReflectionV1, reflected.v1, limits);
        router.service(ReflectionV1Alpha, reflected.v1alpha, limits);
      }
    },
  };
}

/** The rules of health and reflection. */
export function standardPolicies(reflection: ReflectionAccess): ReadonlyMap<DescService, Policy> {
  const policy = REFLECTION_POLICIES[reflection];
  return new Map<DescService, Policy>([
    [Health, PUBLIC_POLICY],
    ...(policy === undefined ? [] : [[ReflectionV1, policy] as const, [ReflectionV1Alpha, policy] as const]),
  ]);
}

/** Register routes on a router of our own, to learn what they serve. */
function servicesOf(routes: StandardServicesOptions["routes"]): readonly DescService[] {
  const router = createConnectRouter();
  routes(router);
  return [...new Set(router.handlers.map(({ service }) => service))];
}

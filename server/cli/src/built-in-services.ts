import type { DescService } from "@bufbuild/protobuf";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { Health } from "@countersign/gen/grpc/health/v1/health_pb.js";
import { ServerReflection as ReflectionV1 } from "@countersign/gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ReflectionV1Alpha } from "@countersign/gen/grpc/reflection/v1alpha/reflection_pb.js";
import { AUTHENTICATED_POLICY, type Policy, PUBLIC_POLICY } from "@countersign/server";

/** The services of a command, with the rules of those whose protos belong to others. */
export interface BuiltInServices {
  readonly services: readonly DescService[];
  readonly policies: ReadonlyMap<DescService, Policy>;
}

/** What `countersign serve` serves. */
export const serveServices: BuiltInServices = {
  services: [SessionService, StreamService, Health, ReflectionV1, ReflectionV1Alpha],
  policies: withReflection(AUTHENTICATED_POLICY),
};

/** What `countersign demo` serves: those of the demo, too, and reflection for everyone. */
export async function loadDemoServices(): Promise<BuiltInServices> {
  const { DEMO_SERVICES } = await import("@countersign/demo");
  return {
    services: [...serveServices.services, ...DEMO_SERVICES],
    policies: withReflection(PUBLIC_POLICY),
  };
}

function withReflection(policy: Policy): ReadonlyMap<DescService, Policy> {
  return new Map<DescService, Policy>([
    [Health, PUBLIC_POLICY],
    [ReflectionV1, policy],
    [ReflectionV1Alpha, policy],
  ]);
}

import type { DescService } from "@bufbuild/protobuf";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { SignalService } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import type { Policy, ReflectionAccess } from "@countersign/server";
import { standardPolicies } from "@countersign/server/internal";

/** The services of a command, with the rules of those whose protos belong to others. */
export interface BuiltInServices {
  readonly services: readonly DescService[];
  readonly policies: ReadonlyMap<DescService, Policy>;
  /** Who may use reflection. */
  readonly reflection: ReflectionAccess;
}

/** What `countersign serve` serves. */
export const serveServices: BuiltInServices = withStandard(
  [SessionService, StreamService, SignalService],
  "authenticated",
);

/** What `countersign demo` serves: those of the demo, too, and reflection for everyone. */
export async function loadDemoServices(): Promise<BuiltInServices> {
  const { DEMO_SERVICES } = await import("@countersign/demo");
  return withStandard([SessionService, StreamService, SignalService, ...DEMO_SERVICES], "public");
}

function withStandard(services: readonly DescService[], reflection: ReflectionAccess): BuiltInServices {
  const policies = standardPolicies(reflection);
  return { services: [...services, ...policies.keys()], policies, reflection };
}

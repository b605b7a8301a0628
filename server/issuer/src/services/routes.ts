import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { Health } from "@countersign/gen/grpc/health/v1/health_pb.js";
import { ServerReflection as ServerReflectionV1 } from "@countersign/gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionV1Alpha } from "@countersign/gen/grpc/reflection/v1alpha/reflection_pb.js";
import { createReflectionServices } from "@countersign/server/internal";

/** What a server may serve. What is absent is not served. */
export interface ServedServices {
  /** Signing in and out, and refreshing. */
  readonly session?: ServiceImpl<typeof SessionService>;
  /** Renewing streams. */
  readonly stream?: ServiceImpl<typeof StreamService>;
  /** Whether services take calls. */
  readonly health?: ServiceImpl<typeof Health>;
  /** The services that clients can ask the types of, beside those that are registered here. Absent: no reflection. */
  readonly reflection?: readonly DescService[];
}

/** The routes of a server. */
export interface Routes {
  /** Registers everything that is served. */
  readonly routes: (router: ConnectRouter) => void;
  /** What is registered, in a stable order. */
  readonly services: readonly DescService[];
}

/**
 * How large a message to one of our own services may be, in bytes: a sign-in, a renewal of 1,000 streams. Callers that
 * are nobody yet may send them, many at a time, and each is held in memory.
 */
const SMALL_MESSAGE_BYTES = 64 * 1024;

/** Put the routes of a server together. */
export function createRoutes(served: ServedServices): Routes {
  const own = [
    register(SessionService, served.session, { readMaxBytes: SMALL_MESSAGE_BYTES }),
    register(StreamService, served.stream, { readMaxBytes: SMALL_MESSAGE_BYTES }),
    register(Health, served.health, { readMaxBytes: SMALL_MESSAGE_BYTES }),
  ].filter((registration) => registration !== undefined);
  const registrations = [...own, ...registerReflection(own, served.reflection)];
  return {
    routes: (router) => {
      for (const { addTo } of registrations) addTo(router);
    },
    services: registrations.map(({ service }) => service),
  };
}

interface Registration {
  readonly service: DescService;
  readonly addTo: (router: ConnectRouter) => void;
}

interface RegistrationOptions {
  readonly readMaxBytes?: number;
}

function register<Service extends DescService>(
  service: Service,
  implementation: ServiceImpl<Service> | undefined,
  options: RegistrationOptions = {},
): Registration | undefined {
  if (implementation === undefined) return undefined;
  return { service, addTo: (router) => router.service(service, implementation, options) };
}

/** Reflection tells about itself too. */
function registerReflection(
  own: readonly Registration[],
  others: readonly DescService[] | undefined,
): readonly Registration[] {
  if (others === undefined) return [];
  const services = [
    ...own.map(({ service }) => service),
    ...others,
    ServerReflectionV1,
    ServerReflectionV1Alpha,
  ];
  const { v1, v1alpha } = createReflectionServices([...new Set(services)]);
  return [
    register(ServerReflectionV1, v1, { readMaxBytes: SMALL_MESSAGE_BYTES }),
    register(ServerReflectionV1Alpha, v1alpha, { readMaxBytes: SMALL_MESSAGE_BYTES }),
  ].filter((registration) => registration !== undefined);
}

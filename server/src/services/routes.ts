import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { Health } from "@countersign/gen/grpc/health/v1/health_pb.js";
import { ServerReflection as ServerReflectionV1 } from "@countersign/gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionV1Alpha } from "@countersign/gen/grpc/reflection/v1alpha/reflection_pb.js";
import { createReflectionServices } from "./reflection.ts";

/** What a server may serve. What is absent is not served. */
export interface ServedServices {
  /** Signing in and out, and refreshing. */
  readonly session?: ServiceImpl<typeof SessionService>;
  /** Renewing streams. */
  readonly stream?: ServiceImpl<typeof StreamService>;
  /** The demo's notes. */
  readonly notes?: ServiceImpl<typeof NotesService>;
  /** Whether services take calls. */
  readonly health?: ServiceImpl<typeof Health>;
  /** Whether to tell clients which services there are, and their types. Default false. */
  readonly reflection?: boolean;
}

/** The routes of a server. */
export interface Routes {
  /** Registers everything that is served. */
  readonly routes: (router: ConnectRouter) => void;
  /** What is registered, in a stable order. */
  readonly services: readonly DescService[];
}

/** The standard services, whose protos carry no access rule: health, and reflection in both its versions. */
export const STANDARD_SERVICES = {
  health: Health,
  reflectionV1: ServerReflectionV1,
  reflectionV1Alpha: ServerReflectionV1Alpha,
} as const;

/** Put the routes of a server together. */
export function createRoutes(served: ServedServices): Routes {
  const own = [
    register(SessionService, served.session),
    register(StreamService, served.stream),
    register(NotesService, served.notes),
    register(Health, served.health),
  ].filter((registration) => registration !== undefined);
  const registrations = served.reflection === true ? [...own, ...registerReflection(own)] : own;
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

function register<Service extends DescService>(
  service: Service,
  implementation: ServiceImpl<Service> | undefined,
): Registration | undefined {
  if (implementation === undefined) return undefined;
  return { service, addTo: (router) => router.service(service, implementation) };
}

/** Reflection tells about itself too. */
function registerReflection(own: readonly Registration[]): readonly Registration[] {
  const services = [...own.map(({ service }) => service), ServerReflectionV1, ServerReflectionV1Alpha];
  const { v1, v1alpha } = createReflectionServices(services);
  return [
    { service: ServerReflectionV1, addTo: (router) => router.service(ServerReflectionV1, v1) },
    { service: ServerReflectionV1Alpha, addTo: (router) => router.service(ServerReflectionV1Alpha, v1alpha) },
  ];
}

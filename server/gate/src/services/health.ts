import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import {
  type Health,
  type HealthCheckRequest,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "@countersign/gen/grpc/health/v1/health_pb.js";
import { AuthError } from "../errors/auth-error.ts";

/** Whether a service takes calls. */
export type HealthStatus = "SERVING" | "NOT_SERVING";

/** Knows whether services take calls. */
export interface HealthSource {
  /** The state of a service by its full name, or of the whole server by the empty name; `undefined` when it is not served here. */
  status(service: string): HealthStatus | undefined;
  /** Call the listener after every change. Returns the function that ends it. */
  subscribe(listener: () => void): () => void;
}

const STATUSES: Readonly<Record<HealthStatus, ServingStatus>> = {
  SERVING: ServingStatus.SERVING,
  NOT_SERVING: ServingStatus.NOT_SERVING,
};

/** Create the health service of gRPC (https://github.com/grpc/grpc/blob/master/doc/health-checking.md). */
export function createHealthService(source: HealthSource): ServiceImpl<typeof Health> {
  return {
    check({ service }) {
      const status = source.status(service);
      if (status === undefined) {
        throw new ConnectError("the service is not served here", Code.NotFound);
      }
      return { status: STATUSES[status] };
    },
    watch: (request, ctx) => watch(source, request, ctx),
  };
}

async function* watch(source: HealthSource, { service }: HealthCheckRequest, { signal }: HandlerContext) {
  let wake: () => void = () => undefined;
  const unsubscribe = source.subscribe(() => wake());
  signal.addEventListener("abort", () => wake(), { once: true });
  try {
    let sent: ServingStatus | undefined;
    while (true) {
      assertNotAborted(signal);
      const known = source.status(service);
      const status = known === undefined ? ServingStatus.SERVICE_UNKNOWN : STATUSES[known];
      // Made before the message is sent: a change in between must not be missed.
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (status !== sent) {
        yield { status };
      }
      sent = status;
      if (!signal.aborted) {
        await changed;
      }
    }
  } finally {
    unsubscribe();
  }
}

/**
 * End a stream that was waiting when its call was aborted.
 *
 * @throws the reason of the abort when it is meant for the caller, otherwise ConnectError `Canceled`
 */
function assertNotAborted(signal: AbortSignal): void {
  if (!signal.aborted) {
    return;
  }
  const reason: unknown = signal.reason;
  if (reason instanceof AuthError || reason instanceof ConnectError) {
    throw reason;
  }
  throw new ConnectError("the call was canceled", Code.Canceled, undefined, undefined, reason);
}

import type { DescService } from "@bufbuild/protobuf";
import type { HealthSource, HealthStatus } from "./health.ts";

/** The health of a server whose services have one state: they all serve, or none does. */
export interface HealthState extends HealthSource {
  /** Change the state of the server, and so of all its services. */
  set(status: HealthStatus): void;
}

/** Create the health of a server that does not serve yet. */
export function createHealthState(services: readonly DescService[]): HealthState {
  const names = new Set(["", ...services.map(({ typeName }) => typeName)]);
  const listeners = new Set<() => void>();
  let current: HealthStatus = "NOT_SERVING";
  return {
    status: (service) => (names.has(service) ? current : undefined),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(status) {
      current = status;
      for (const listener of listeners) {
        listener();
      }
    },
  };
}

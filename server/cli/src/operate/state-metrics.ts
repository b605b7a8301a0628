import type { OpenIssuer } from "@countersign/issuer/internal";
import type { Registry } from "prom-client";
import type { BusState } from "./bus-state.ts";
import { createGauge } from "./create-metric.ts";

/** What is looked at when the figures are asked for. */
export interface ObservedState {
  readonly issuer: Pick<OpenIssuer, "state"> & {
    readonly revocations: Pick<OpenIssuer["revocations"], "size" | "unwritten">;
  };
  readonly busState: Pick<BusState, "isUp">;
}

/** Create the figures of the state that a server is in, beside those of what it has done. @param registry what is served */
export function createStateMetrics(registry: Registry, { issuer, busState }: ObservedState): void {
  const { revocations } = issuer;
  createGauge(registry, "countersign_revocations", function collect() {
    this.set(revocations.size);
  });
  createGauge(registry, "countersign_revocations_unwritten", function collect() {
    this.set(revocations.unwritten);
  });
  createGauge(registry, "countersign_revocations_read_seconds", function collect() {
    this.set(issuer.state().revocationsReadAtMs / 1000);
  });
  createGauge(registry, "countersign_signing_key_active_seconds", function collect() {
    this.set(issuer.state().signingKeySinceMs / 1000);
  });
  createGauge(registry, "countersign_store_connections", function collect() {
    for (const [state, count] of Object.entries(issuer.state().storeConnections ?? {})) {
      this.set({ state }, count);
    }
  });
  createGauge(registry, "countersign_bus_up", function collect() {
    const isUp = busState.isUp();
    // A server without a bus has no such figure, where prom-client would say 0.
    this.remove();
    if (isUp !== undefined) {
      this.set(isUp ? 1 : 0);
    }
  });
}

export type { FakeClock } from "./fake-clock.ts";
export { createFakeClock } from "./fake-clock.ts";
export type { RefusalOptions } from "./fake-refusal.ts";
export { createRefusal } from "./fake-refusal.ts";
export type {
  CallScript,
  FakeServer,
  FakeServerCounts,
  FakeServerOptions,
  RefreshScript,
} from "./fake-server.ts";
export { createFakeServer } from "./fake-server.ts";
export type { Fault, FaultOptions } from "./faults/fault.ts";
export { FAULT_TABLE } from "./faults/fault-table.ts";

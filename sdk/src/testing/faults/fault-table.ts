import { CALL_FAULTS } from "./call-faults.ts";
import type { Fault } from "./fault.ts";
import { REFRESH_FAULTS } from "./refresh-faults.ts";
import { SESSION_FAULTS } from "./session-faults.ts";
import { STORE_FAULTS } from "./store-faults.ts";

/**
 * The rows of the fault table that need no browser, no network and no real time, for your own suite and your own store:
 *
 * ```ts
 * test.each(FAULT_TABLE)("row $row: $name", ({ run }) => run({ createStore }));
 * ```
 */
export const FAULT_TABLE: readonly Fault[] = [
  ...REFRESH_FAULTS,
  ...CALL_FAULTS,
  ...SESSION_FAULTS,
  ...STORE_FAULTS,
].sort((a, b) => a.row - b.row);

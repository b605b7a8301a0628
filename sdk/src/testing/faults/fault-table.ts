import type { Fault } from "./fault.ts";
import { REFRESH_FAULTS } from "./refresh-faults.ts";
import { SESSION_FAULTS } from "./session-faults.ts";

/**
 * The rows of the fault table that need no browser and no network, for your own suite and your own store:
 *
 * ```ts
 * test.each(FAULT_TABLE)("row $row: $name", ({ run }) => run({ createStore }));
 * ```
 */
export const FAULT_TABLE: readonly Fault[] = [...REFRESH_FAULTS, ...SESSION_FAULTS].sort(
  (a, b) => a.row - b.row,
);

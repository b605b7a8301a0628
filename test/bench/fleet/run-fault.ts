import type { Reading } from "../run/bench.ts";
import type { Fault, FaultSize } from "./faults/fault.ts";
import { measureOutcome, toReadings } from "./outcome.ts";
import { createScene } from "./scene.ts";

/** Two of each kind: as few as one can go on without the other. */
const QUICK_SIZE = 2;
const REVOKED_FOR_MS = 1_000;
/** Only who must be gone at once is counted: a quick run may be on a busy machine. */
const QUICK_REVOKED_FOR_MS = 10_000;

/** Start a fleet, let a fault happen to it, and count. */
export async function runFault(fault: Fault, size: FaultSize): Promise<readonly Reading[]> {
  using cleanup = new DisposableStack();
  cleanup.defer(fault.prepare?.() ?? (() => undefined));
  await using scene = await createScene({ ...fault.fleet, ...(size.isQuick ? { size: QUICK_SIZE } : {}) });
  const own = await fault.run(scene, size);
  size.progress("waiting for all to go on");
  await scene.settle();
  await scene.stop();
  for (const [what, count] of scene.calls.failures) {
    size.progress(`${count} × ${what}`);
  }
  for (const { name, interruptions, end } of scene.streams) {
    for (const reason of end === undefined ? interruptions : [...interruptions, `for good: ${end.message}`]) {
      size.progress(`${name} broke off: ${reason}`);
    }
  }
  const barMs = size.isQuick ? QUICK_REVOKED_FOR_MS : REVOKED_FOR_MS;
  const outcome = measureOutcome(scene, Math.max(barMs, fault.revokedForMs ?? 0));
  return [...toReadings(fault.name, outcome), ...own];
}

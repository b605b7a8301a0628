import type { Reading } from "../run/bench.ts";
import type { Fault, FaultSize } from "./faults/fault.ts";
import { measureOutcome, toReadings } from "./outcome.ts";
import { createScene, type Scene } from "./scene.ts";

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
  for (const line of describeScene(scene)) {
    size.progress(line);
  }
  const barMs = size.isQuick ? QUICK_REVOKED_FOR_MS : REVOKED_FOR_MS;
  const outcome = measureOutcome(scene, Math.max(barMs, fault.revokedForMs ?? 0));
  return [...toReadings(fault.name, outcome), ...own];
}

/** Say what failed and how, a line each. */
function describeScene({ calls, streams, victims }: Scene): readonly string[] {
  return [
    ...[...calls.failures].map(([what, count]) => `${count} × ${what}`),
    ...streams.flatMap(({ name, interruptions, end }) =>
      (end === undefined ? interruptions : [...interruptions, `for good: ${end.message}`]).map(
        (reason) => `${name} broke off: ${reason}`,
      ),
    ),
    ...victims.map((victim, index) => {
      const lastedMs = [...victim.streamsLastedMs(), victim.callsLastedMs()].map(Math.round);
      return `revocation ${index + 1}: its streams lasted ${lastedMs.slice(0, -1).join(", ")} ms, its calls ${lastedMs.at(-1)} ms`;
    }),
  ];
}

import type { Reading } from "../run/bench.ts";
import type { Fault, FaultSize } from "./faults/fault.ts";
import { measureOutcome, toReadings } from "./outcome.ts";
import { createScene, type Scene } from "./scene.ts";
import type { Victim } from "./victims.ts";

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

/** Say what failed and how, a line for each kind. */
function describeScene({ calls, streams, victims }: Scene): readonly string[] {
  const breaks = streams.flatMap(({ name, interruptions }) =>
    interruptions.map((reason) => `${name} broke off: ${reason}`),
  );
  const ends = streams.flatMap(({ name, end }) =>
    end === undefined ? [] : [`${name} ended for good: ${end.message}`],
  );
  const kinds = Map.groupBy([...breaks, ...ends], (line) => line);
  const counts = [...calls.failures, ...[...kinds].map(([line, same]) => [line, same.length] as const)];
  return [...counts.map(([what, count]) => `${count} × ${what}`), ...victims.flatMap(describeVictim)];
}

function describeVictim(victim: Victim, index: number): readonly string[] {
  const name = `revocation ${index + 1}`;
  const streamsMs = victim.streamsLastedMs().map(Math.round);
  const callsMs = Math.round(victim.callsLastedMs());
  const sentMs = Math.round(victim.sentForMs());
  const lasted = `${name}: its streams lasted ${streamsMs.join(", ")} ms, its calls ${callsMs} ms; the last of it was sent after ${sentMs} ms`;
  const unanswered = `${name}: ${victim.unanswered()} of its streams and callers never had an answer`;
  return [
    ...(Math.max(...streamsMs, callsMs) > 0 ? [lasted] : []),
    ...(victim.unanswered() > 0 ? [unanswered] : []),
  ];
}

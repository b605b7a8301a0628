import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  RevocationDimension,
  type RevocationSchema,
} from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { onTestFinished } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { clientSecret } from "../../../server/gate/src/signals/client-secret.ts";
import { createSignals } from "../../../server/gate/src/signals/create-signals.ts";
import type { SignalsOptions } from "../../../server/gate/src/signals/signals-options.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { tokenOf } from "../revoked/tokens.ts";
import { createFakeHubs, type FakeHubs, ISSUER } from "./fake-hubs.ts";

/** A principal of the issuer, of one subject. */
export const principalOf = (subject: string) =>
  tokenOf({ issuer: ISSUER, subject }) as Parameters<ReturnType<typeof createSignals>["isRevoked"]>[0];

/** A revocation of a subject of the issuer, that lasts. */
export function ofSubject(
  value: string,
  more: MessageInitShape<typeof RevocationSchema> = {},
): MessageInitShape<typeof RevocationSchema> {
  return {
    dimension: RevocationDimension.SUB,
    issuer: ISSUER,
    match: { case: "value", value },
    expiresAtMs: BigInt(Number.MAX_SAFE_INTEGER),
    ...more,
  };
}

/** Let all that has been said be read. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 15; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Signals over hubs in memory, on a clock in the hands of the test. */
export async function setUpSignals(
  options: Partial<SignalsOptions> = {},
  script: (hubs: FakeHubs) => void = () => {},
) {
  const clock = createTestClock();
  const hubs = createFakeHubs(clock);
  script(hubs);
  const errors: unknown[] = [];
  const signals = createSignals({
    issuer: ISSUER,
    credential: clientSecret("billing", "s3cr3t"),
    fetch: hubs.fetch,
    clock,
    onError: (error) => void errors.push(error),
    ...options,
  });
  onTestFinished(() => signals.close());
  await settle();
  /** Say whether a subject is refused. */
  const fate = (subject: string): string => {
    try {
      return signals.isRevoked(principalOf(subject)) ? "revoked" : "good";
    } catch (error) {
      return error instanceof AuthError ? error.reason : String(error);
    }
  };
  /** Let time pass, a second at a time, with all that each brings about. */
  const pass = async (ms: number): Promise<void> => {
    await settle();
    for (let leftMs = ms; leftMs > 0; leftMs -= 1_000) {
      clock.advance(Math.min(leftMs, 1_000));
      await settle();
    }
  };
  /** Let time pass until another watch is opened. */
  const passUntilWatched = async (): Promise<void> => {
    const { length } = hubs.watches;
    for (let second = 0; hubs.watches.length === length && second < 1_000; second += 1) {
      await pass(1_000);
    }
  };
  const last = () => hubs.watches.at(-1);
  return { clock, hubs, errors, signals, fate, pass, passUntilWatched, last };
}

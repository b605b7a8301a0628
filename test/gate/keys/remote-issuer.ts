import { toKeys } from "../../../server/gate/src/keys/found-keys.ts";
import { createKeyReport } from "../../../server/gate/src/keys/key-report.ts";
import { createRemoteKeys } from "../../../server/gate/src/keys/remote-keys.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { createSigningKey, ISSUED_AT_SECONDS } from "../../support/tokens.ts";

/** Keys of the issuer. */
export const one = createSigningKey("ES256", "one");
export const two = createSigningKey("ES256", "two");
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

/** An issuer whose key set can be changed, taken away and held back. */
export function setUpIssuer({ maxAgeSeconds = 600, random = 0.5 } = {}) {
  const clock = createTestClock(ISSUED_AT_SECONDS * 1000);
  const idp = { keys: [one], isDown: false, fetches: 0, hold: undefined as Promise<void> | undefined };
  const warnings: string[] = [];
  const keys = createRemoteKeys({
    report: createKeyReport("https://issuer.example", (warning) => warnings.push(warning)),
    algorithms: ["ES256"],
    clock,
    random: () => random,
    async fetchJwks() {
      idp.fetches += 1;
      await idp.hold;
      if (idp.isDown) {
        throw new Error("down");
      }
      return { json: { keys: idp.keys.map(({ jwk }) => jwk) }, maxAgeSeconds };
    },
  });
  /** The first key that fits. */
  const find = async (kid: string) => toKeys(await keys.find(kid, "ES256"))[0];
  return { clock, idp, keys, find, warnings };
}

/** Let a fetch that fails behind the calls come to its end. Others are waited for by whoever asks for a new key. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

import { createByteBudget } from "../../../server/gate/src/kernel/byte-budget.ts";
import type { Clock } from "../../../server/gate/src/kernel/clock.ts";
import type { FormReading } from "../../../server/issuer/src/oauth2/form.ts";

/** What forms are read with, of which all together may have some bytes. */
export function readingBy(clock: Clock, maxBytes = 2 ** 20): FormReading {
  return { clock, budget: createByteBudget({ maxBytes, maxBytesPerConnection: maxBytes }), peer: "" };
}

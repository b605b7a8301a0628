import { expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { findFactories, MISSPELT } from "./public-factories.ts";

/** What users import, with how many functions there take options at the least: a search that finds none shows nothing. */
const ENTRIES = notEmpty([
  ["server/gate/src/index.ts", 4],
  ["server/gate/src/issuers/index.ts", 18],
  ["server/gate/src/opentelemetry/index.ts", 1],
  ["server/gate/src/testing/index.ts", 1],
  ["server/node/src/index.ts", 5],
  ["server/issuer/src/index.ts", 2],
  ["server/issuer/src/bus/index.ts", 2],
  ["sdk/src/index.ts", 3],
  ["sdk/src/browser/index.ts", 2],
  ["sdk/src/node/index.ts", 4],
  ["sdk/src/oidc/index.ts", 2],
  ["sdk/src/testing/index.ts", 2],
] as const);

/** Pages would pay for the check with every load: their types find the same. */
const OF_PAGES = ["sdk resumable", "sdk/browser createSession", "sdk/browser createIndexedDbStore"];

test.each(ENTRIES)(
  "every function of %s that takes options refuses one that it does not have",
  async (index, least) => {
    const factories = await findFactories(index);
    expect(factories.length).toBeGreaterThanOrEqual(least);
    for (const { id, misspell } of factories.filter((each) => !OF_PAGES.includes(each.id))) {
      const refusal = await misspell().catch((error: unknown) => error);
      expect([id, String(refusal)]).toEqual([id, expect.stringContaining(`has no option ${MISSPELT}`)]);
    }
  },
);

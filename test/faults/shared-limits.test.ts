import { expect, test } from "vitest";
import { startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";

const LIMIT = 30;

/** Servers tell each other four times a second: a slow one has heard long before the tries are used up. */
const BETWEEN_TRIES_MS = 500;
const WRONG_CLIENT = { grant_type: "client_credentials", client_id: "nobody", client_secret: "css_wrong" };

/** The status of the answer to a wrong client. */
async function tryClient(baseUrl: string): Promise<number> {
  const body = new URLSearchParams(WRONG_CLIENT);
  return (await fetch(`${baseUrl}/oauth2/token`, { method: "POST", body })).status;
}

test("an address that has used up its tries at one server has none left at the others", async () => {
  await using cluster = await startCluster([{}, {}], { COUNTERSIGN_SIGN_INS_PER_MINUTE: String(LIMIT) });
  const [one, two] = [cluster.at(0).baseUrl, cluster.at(1).baseUrl];
  await eventually(async () => ((await tryClient(one)) === 429 ? true : undefined), { intervalMs: 0 });
  let tries = 0;
  await eventually(
    async () => {
      tries += 1;
      return (await tryClient(two)) === 429 ? true : undefined;
    },
    { intervalMs: BETWEEN_TRIES_MS },
  );
  // As many as it takes until the two have heard of each other; without that it would be thirty.
  expect(tries).toBeLessThan(LIMIT - 5);
});

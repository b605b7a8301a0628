import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MAX_BUS_MESSAGE_BYTES } from "../../../server/gate/src/kernel/message-bus.ts";
import type { BusTest } from "../../../server/gate/src/kernel/observe.ts";
import { createIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { RENEWAL_CHANNEL } from "../../../server/issuer/src/renewal/renewal-messages.ts";
import { REVOCATION_CHANNEL } from "../../../server/issuer/src/store/revocation-hints.ts";
import { principalOf } from "../../gate/authorize/fixtures.ts";
import { eventually } from "../../support/eventually.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { createTestBus } from "../../support/test-bus.ts";
import { ADA, inFolder, serve, signIn } from "./own-issuer.ts";

const STREAM_ID = "a".repeat(22);

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

test("on Postgres, a bus that reaches all servers takes the place of the store's, and no attempts to sign in", async () => {
  const bus = Object.assign(createTestBus(), { reachesAllServers: true });
  const tests: BusTest[] = [];
  await using issuer = await createIssuer({
    ...{
      ...inFolder("unused"),
      store: { postgres: await postgres.createDatabase() },
      secret: randomBytes(32),
      bus,
    },
    observe: { busTested: (test) => void tests.push(test) },
  });
  expect(tests).toEqual([expect.objectContaining({ result: "delivered" })]);
  await issuer.accounts.create(ADA);
  expect(await signIn(serve(issuer))).toHaveProperty("headers");
  await issuer.revocations.revoke({ sid: "session-1" });
  const channels = new Set(bus.published.map(({ channel }) => channel));
  expect(channels).toContain(REVOCATION_CHANNEL);
  expect(channels).not.toContain("countersign_sign_ins");
});

test("on Postgres, a bus that is given carries what servers ask each other, beside the store's", async () => {
  const bus = createTestBus();
  const store = { postgres: await postgres.createDatabase() };
  const tests: BusTest[] = [];
  await using issuer = await createIssuer({
    ...{ ...inFolder("unused"), store, secret: randomBytes(32), bus },
    observe: { busTested: (test) => void tests.push(test) },
  });
  // The store's own bus opens its connection in the background: until then, it is down.
  await issuer.trust.signals
    ?.renew([{ streamId: STREAM_ID }], { principal: principalOf(), accessToken: "" })
    .catch(() => undefined);
  const asked = bus.published.filter(({ channel }) => channel === RENEWAL_CHANNEL);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.message.length).toBeLessThanOrEqual(MAX_BUS_MESSAGE_BYTES);

  const revoked = () => bus.published.filter(({ channel }) => channel === REVOCATION_CHANNEL).length;
  await issuer.revocations.revoke({ sid: "session-1" });
  const [key] = await issuer.keys.list();
  await issuer.keys.compromise(key?.kid ?? "");
  expect(revoked()).toBe(2);
  await eventually(() => tests.length > 0 || undefined);
  expect(tests).toEqual([expect.objectContaining({ result: "delivered" })]);
});

test("a bus that is down does not end the process, and users sign in", async () => {
  await using folder = await createTemporaryFolder();
  const bus = createTestBus();
  bus.isDown = true;
  await using issuer = await createIssuer(inFolder(folder.path, { bus }));
  await issuer.accounts.create(ADA);
  expect(await signIn(serve(issuer))).toHaveProperty("headers");
});

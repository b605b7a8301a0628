import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { MAX_BUS_MESSAGE_BYTES } from "../../../server/gate/src/kernel/message-bus.ts";
import { createIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { RENEWAL_CHANNEL } from "../../../server/issuer/src/renewal/renewal-messages.ts";
import { principalOf } from "../../gate/authorize/fixtures.ts";
import { startPostgres } from "../../support/postgres.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { createTestBus } from "../../support/test-bus.ts";
import { ADA, inFolder, serve, signIn } from "./own-issuer.ts";

const STREAM_ID = "a".repeat(22);

test("on Postgres, a bus that is given carries what servers ask each other, beside the store's", async () => {
  await using postgres = await startPostgres();
  const bus = createTestBus();
  const store = { postgres: await postgres.createDatabase() };
  await using issuer = await createIssuer({ ...inFolder("unused"), store, secret: randomBytes(32), bus });
  // The store's own bus opens its connection in the background: until then, it is down.
  await issuer.trust.signals
    ?.renew([{ streamId: STREAM_ID }], { principal: principalOf(), accessToken: "" })
    .catch(() => undefined);
  const asked = bus.published.filter(({ channel }) => channel === RENEWAL_CHANNEL);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.message.length).toBeLessThanOrEqual(MAX_BUS_MESSAGE_BYTES);
});

test("a bus that is down does not end the process, and users sign in", async () => {
  await using folder = await createTemporaryFolder();
  const bus = createTestBus();
  bus.isDown = true;
  await using issuer = await createIssuer(inFolder(folder.path, { bus }));
  await issuer.accounts.create(ADA);
  expect(await signIn(serve(issuer))).toHaveProperty("headers");
});

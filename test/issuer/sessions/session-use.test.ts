import { expect, it } from "vitest";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import type { SessionUse } from "../../../server/issuer/src/store/session-record.ts";
import { describeStores } from "../../support/stores.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";

async function start(store: Store, use?: SessionUse) {
  const issuer = await startTestIssuer(store);
  const { sessions, account } = issuer;
  const { sessionId, refreshToken } = await sessions.begin({
    ...{ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [], use },
  });
  let newest = refreshToken;
  return {
    issuer,
    sessionId,
    find: () => sessions.find(sessionId),
    async refresh(next?: SessionUse, scopes: readonly string[] = []) {
      newest = (await sessions.refresh({ refreshToken: newest, refreshId: "", scopes, use: next }))
        .refreshToken;
    },
    [Symbol.dispose]: () => issuer[Symbol.dispose](),
  };
}

describeStores("where a session is used from", (open) => {
  it("is the device of the sign-in, and the address and the time of the last refresh", async () => {
    await using store = await open();
    using session = await start(store, { device: "Ada's phone", address: "192.0.2.1" });
    expect(await session.find()).toMatchObject({ device: "Ada's phone", address: "192.0.2.1" });
    session.issuer.clock.advance(60_000);
    await session.refresh({ device: "another/1.0", address: "192.0.2.2" });
    expect(await session.find()).toMatchObject({
      ...{ device: "Ada's phone", address: "192.0.2.2", refreshedAtMs: session.issuer.clock.nowMs() },
    });
  });

  it("follows a refresh that narrows scopes, which takes another way through the store", async () => {
    await using store = await open();
    using session = await start(store, { device: "phone", address: "192.0.2.1" });
    await session.refresh({ address: "192.0.2.3" }, ["notes:read"]);
    expect(await session.find()).toMatchObject({ device: "phone", address: "192.0.2.3" });
  });

  it("stays as it was when a refresh does not say it", async () => {
    await using store = await open();
    using session = await start(store, { device: "phone", address: "192.0.2.1" });
    await session.refresh();
    expect(await session.find()).toMatchObject({ device: "phone", address: "192.0.2.1" });
  });

  it("is learned at a refresh for a session that began without it", async () => {
    await using store = await open();
    using session = await start(store);
    expect(await session.find()).toMatchObject({ device: undefined, address: undefined });
    await session.refresh({ device: "phone", address: "192.0.2.1" });
    expect(await session.find()).toMatchObject({ device: "phone", address: "192.0.2.1" });
  });
});

import { createRouterTransport } from "@connectrpc/connect";
import { createMemoryStore, isSessionError } from "@countersign/sdk";
import { expect, test } from "vitest";
import { createKit, DEMO, LIFETIME_MS, settle } from "./kit.ts";

const INSECURE = "http://notes.internal";

test("a session of a store that others use sends nothing to a base URL in plain http on another machine", async () => {
  const store = createMemoryStore();
  await using kit = await createKit({ store });
  await kit.tab().session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  const before = kit.server.counts();
  const transport = createRouterTransport(kit.server.routes);
  const { session } = kit.tab({ baseUrl: INSECURE, transport });
  await session.ready;
  session.subscribe(() => {});
  await settle();
  for (const use of [session.token(), session.refresh()]) {
    const error = await use.catch((cause: unknown) => cause);
    expect(isSessionError(error, "ORIGIN_NOT_ALLOWED")).toBe(true);
  }
  const { revoked, error } = await session.signOut();
  expect(revoked).toBe(false);
  expect(isSessionError(error, "ORIGIN_NOT_ALLOWED")).toBe(true);
  expect(kit.server.counts()).toEqual(before);
});

test("the same base URL gets its tokens when it is named in allowInsecure", async () => {
  await using kit = await createKit();
  const { session } = kit.tab({ baseUrl: INSECURE, allowInsecure: [INSECURE] });
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  expect(await session.token()).toBe("access-2");
});

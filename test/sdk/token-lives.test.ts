import { isMessage } from "@bufbuild/protobuf";
import { createRouterTransport, type Interceptor } from "@connectrpc/connect";
import {
  RefreshRequestSchema,
  SignInRequestSchema,
} from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { expect, test } from "vitest";
import { createKit, DEMO } from "./kit.ts";

/** The limits that the auth server is asked for, in seconds. */
function recordLimits(): { readonly limits: (bigint | undefined)[]; readonly interceptor: Interceptor } {
  const limits: (bigint | undefined)[] = [];
  const interceptor: Interceptor = (next) => (req) => {
    const { message } = req;
    if (isMessage(message, SignInRequestSchema) || isMessage(message, RefreshRequestSchema)) {
      limits.push(message.maxAccessTokenTtl?.seconds);
    }
    return next(req);
  };
  return { limits, interceptor };
}

test("every sign-in and refresh asks for the life that is wanted then", async () => {
  await using kit = await createKit();
  const { limits, interceptor } = recordLimits();
  const transport = createRouterTransport(kit.server.routes, { transport: { interceptors: [interceptor] } });
  let lifeMs: number | undefined = 5_000;
  const { session } = kit.tab({ transport, maxTokenLifeMs: () => lifeMs });
  await session.signIn(DEMO);
  lifeMs = undefined;
  await session.refresh();
  expect(limits).toEqual([5n, undefined]);
});

test("a token is replaced on demand, at most once in ten seconds", async () => {
  await using kit = await createKit();
  const { session } = kit.tab();
  await expect(session.refresh()).rejects.toMatchObject({ reason: "SIGNED_OUT" });
  await session.signIn(DEMO);
  await session.refresh();
  expect(session.getSnapshot()).toMatchObject({ generation: 2, refreshing: false });
  await expect(session.refresh()).rejects.toMatchObject({ reason: "REFRESH_UNAVAILABLE" });
  expect(kit.server.counts().refreshes).toBe(1);
  kit.clock.advance(10_000);
  await session.refresh();
  expect(session.getSnapshot().generation).toBe(3);
});

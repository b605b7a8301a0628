import { isMessage } from "@bufbuild/protobuf";
import { createRouterTransport, type Transport, type UnaryResponse } from "@connectrpc/connect";
import { RefreshResponseSchema } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { expect, test } from "vitest";
import { createKit, DEMO, LIFETIME_MS, settle } from "./kit.ts";

test("tokens of another session, as a cookie that changed hands brings, are neither used nor revoked", async () => {
  await using kit = await createKit();
  const inner = createRouterTransport(kit.server.routes);
  const unary: Transport["unary"] = async (method, ...rest) => {
    const response: UnaryResponse = await inner.unary(method, ...rest);
    const { message } = response;
    if (isMessage(message, RefreshResponseSchema) && message.tokens) {
      message.tokens.sessionId = "another";
    }
    return response as Awaited<ReturnType<typeof inner.unary<typeof method.input, typeof method.output>>>;
  };
  const { session, events } = kit.tab({ transport: { ...inner, unary } });
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  await expect(session.token()).rejects.toThrow("signed out");
  await settle();
  expect(events.at(-1)).toEqual({ type: "signed_out", reason: "revoked" });
  expect(kit.server.counts()).toMatchObject({ rotations: 1, signOuts: 0 });
});

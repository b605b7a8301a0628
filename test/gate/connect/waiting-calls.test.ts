import { create, type Message } from "@bufbuild/protobuf";
import { createHandlerContext, type HandlerContext } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { createCallValues } from "../../../server/gate/src/connect/call-state.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { goodClaims, signToken } from "../../support/tokens.ts";
import { createRevocationSet } from "../streams/revocation-set.ts";
import { issuer, issuerKey, seenIn } from "./fixtures.ts";

const service = echoService({ Call: { policy: { access: Access.AUTHENTICATED } } });
const method = methodOf(service, "Call");

/** A call that the gate has let in, whose message is still on its way. */
async function letIn(lifeSeconds: number) {
  const revocations = createRevocationSet();
  const { auth, clock } = createEchoAuth(service, {
    issuers: [issuer],
    revocations,
    clockToleranceSeconds: 0,
  });
  const now = clock.nowMs() / 1000;
  const claims = { iat: now, exp: now + lifeSeconds, sid: "session-1" };
  const ctx = createHandlerContext({
    ...{ service, method, protocolName: "connect", requestMethod: "POST" },
    url: "http://127.0.0.1/test.v1.EchoService/Call",
    requestHeader: { authorization: `Bearer ${signToken(issuerKey, goodClaims(claims))}` },
    contextValues: createCallValues(),
  });
  await auth.requestGate(ctx);
  let impl: ((message: Message, ctx: HandlerContext) => unknown) | undefined;
  auth.routes({
    handlers: [],
    rpc: () => expect.fail(),
    service(_, implementation) {
      impl = (implementation as Record<string, typeof impl>).call;
      return this;
    },
  });
  const arrive = async () => {
    try {
      await impl?.(create(method.input), ctx);
      return "handled";
    } catch (error) {
      return seenIn(error).reason;
    }
  };
  return { arrive, clock, revocations, auth };
}

describe("a unary call whose message comes late", () => {
  test("is handled while its token is good", async () => {
    const { arrive, clock } = await letIn(60);
    clock.advance(30_000);
    expect(await arrive()).toBe("handled");
  });

  test("is refused when its issuer is not trusted any more by then", async () => {
    const { arrive, clock, auth } = await letIn(60);
    auth.issuers.remove(issuer.issuer);
    clock.advance(30_000);
    expect(await arrive()).toBe("SESSION_REVOKED");
  });

  test("is refused when its token has run out by then", async () => {
    const { arrive, clock } = await letIn(60);
    clock.advance(60_000);
    expect(await arrive()).toBe("TOKEN_EXPIRED");
  });

  test("is refused when its session has been revoked by then", async () => {
    const { arrive, clock, revocations } = await letIn(60);
    revocations.add("session-1");
    clock.advance(1_000);
    expect(await arrive()).toBe("SESSION_REVOKED");
  });
});

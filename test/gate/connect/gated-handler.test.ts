import { createConnectRouter } from "@connectrpc/connect";
import { expect, test, vi } from "vitest";
import { createMessageRoom } from "../../../server/gate/src/connect/message/expand-message.ts";
import { createMessageInspector } from "../../../server/gate/src/connect/message/message-inspector.ts";
import { gateHandler } from "../../../server/gate/src/connect/route/gated-handler.ts";
import { createByteBudget } from "../../../server/gate/src/kernel/byte-budget.ts";
import { resolveMessageLimits } from "../../../server/gate/src/kernel/message-limits.ts";
import { echoRoutes } from "../../support/echo-server.ts";
import { holdTime } from "../../support/fake-time.ts";
import { service } from "./fixtures.ts";

holdTime();

/** Call a handler behind a gate. @returns the header that the client sent, and the one that the handler got */
async function call(gate: Parameters<typeof gateHandler>[1]["gate"], timeout = "5000") {
  const router = createConnectRouter();
  echoRoutes(service)(router);
  const inner = router.handlers.find(({ method }) => method.name === "Call") ?? expect.fail();
  let got: Headers | undefined;
  const handler = Object.assign(
    (req: Parameters<typeof inner>[0]) => {
      got = req.header;
      return inner(req);
    },
    { ...inner },
  );
  const onBareCall = () => {};
  const inspector = createMessageInspector(inner.method.input, resolveMessageLimits());
  const room = createMessageRoom(createByteBudget({ maxBytes: 1024, maxBytesPerConnection: 1024 }));
  const inspection = { inspector, readMaxBytes: 1024, room };
  const gated = gateHandler(handler, {
    gate,
    inspection,
    isEarly: true,
    routerOptions: {},
    hasDefaultCompression: true,
    onBareCall,
  });
  const header = new Headers({ "content-type": "application/json", "connect-timeout-ms": timeout });
  header.set("authorization", "Bearer a");
  await gated({
    ...{ httpVersion: "2.0", method: "POST", url: `http://localhost${inner.requestPath}`, header },
    body: (async function* () {
      yield new TextEncoder().encode("{}");
    })(),
    signal: new AbortController().signal,
  });
  return { sent: header, got };
}

test("what the gate takes out of the header of a call is in that of the client still", async () => {
  const { sent, got } = await call(({ requestHeader }) => requestHeader.delete("authorization"));
  expect(got?.has("authorization")).toBe(false);
  expect(sent.get("authorization")).toBe("Bearer a");
});

test("the handler has as much time less as the gate has waited", async () => {
  const { sent, got } = await call(async () => void vi.advanceTimersByTime(1_500));
  expect(got?.get("connect-timeout-ms")).toBe("3500");
  expect(sent.get("connect-timeout-ms")).toBe("5000");
});

test("a deadline that no timer can keep is the longest that one can: it would run out at once", async () => {
  const { sent, got } = await call(() => undefined, "9999999999");
  expect(got?.get("connect-timeout-ms")).toBe("2147483647");
  expect(sent.get("connect-timeout-ms")).toBe("9999999999");
});

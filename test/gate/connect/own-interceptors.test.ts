import { create } from "@bufbuild/protobuf";
import type { ConnectRouter, HandlerContext, Interceptor } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { principalOf } from "../../../server/gate/src/connect/principal-context.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createEchoAuth, echoRoutes } from "../../support/echo-server.ts";
import { signToken } from "../../support/tokens.ts";
import { clientOf, Echo, kinds, last, outcomeOf, service } from "./echo-kinds.ts";
import { issuer, issuerKey } from "./fixtures.ts";

const token = signToken(issuerKey);

describe("interceptors of the application (S0)", () => {
  /** Note who passes where. */
  const noting =
    (name: string, notes: string[]): Interceptor =>
    (next) =>
    async (req) => {
      notes.push(`${name} ${principalOf(req).subject}`);
      const res = await next(req);
      notes.push(`${name} done`);
      return res;
    };

  /** Routes with interceptors of their own. */
  const routesWith = (interceptors: Interceptor[], notes: string[]) => (router: ConnectRouter) => {
    const routes = echoRoutes(service, (ctx: HandlerContext) => {
      notes.push(`handler ${principalOf(ctx).subject}`);
      return "";
    });
    routes({
      ...router,
      service(desc, implementation) {
        router.service(desc, implementation, { interceptors });
        return router;
      },
    });
  };

  for (const [kind, call] of Object.entries(kinds)) {
    test(`run behind the gate and the rules, those of createAuth around those of the service: ${kind}`, async () => {
      const notes: string[] = [];
      const { auth } = createEchoAuth(service, {
        issuers: [issuer],
        interceptors: [noting("common", notes)],
        routes: routesWith([noting("own", notes)], notes),
      });
      const passed = () => notes.filter((note) => !note.endsWith("done"));
      const adapters: string[] = [];
      const options = { ...auth, interceptors: [noting("adapter", adapters)] };
      expect(await outcomeOf(call(clientOf(auth, options), "usr_ada"))).toBe("Unauthenticated TOKEN_MISSING");
      expect([notes, adapters]).toEqual([[], []]);
      expect(await outcomeOf(call(clientOf(auth, options, token), "usr_eve"))).toBe(
        "PermissionDenied POLICY_DENIED",
      );
      // Where the client sends a stream, the rule sees a message when the handler reads it.
      const isStreamSent = kind === "client stream" || kind === "bidi stream";
      expect(passed()).toEqual(isStreamSent ? ["common usr_ada", "own usr_ada"] : []);
      notes.length = 0;
      adapters.length = 0;
      expect(await outcomeOf(call(clientOf(auth, options, token), "usr_ada"))).toBe("passed");
      expect(passed()).toEqual(["common usr_ada", "own usr_ada", "handler usr_ada"]);
      expect(adapters).toEqual(["adapter usr_ada", "adapter done"]);
    });
  }

  test("see what is asked for, and may change the answer and its header", async () => {
    const changing: Interceptor = (next) => async (req) => {
      const res = await next(req);
      res.header.set("x-seen", `${req.method.name} ${req.stream}`);
      return res.stream || req.stream ? res : { ...res, message: create(Echo, { text: "changed" }) };
    };
    const { auth } = createEchoAuth(service, { issuers: [issuer], interceptors: [changing] });
    const client = clientOf(auth, {}, token);
    expect((await client.unary(create(Echo, { text: "usr_ada" }))).text).toBe("changed");
    const seen: (string | null)[] = [];
    const onHeader = (header: Headers) => void seen.push(header.get("x-seen"));
    const watched = client as unknown as { server(req: Echo, options: object): AsyncIterable<Echo> };
    await last(watched.server(create(Echo, { text: "usr_ada" }), { onHeader }));
    expect(seen).toEqual(["Server true"]);
  });

  test("may refuse, and their refusals leave as those of handlers do", async () => {
    const refusing: Interceptor = () => () =>
      Promise.reject(new AuthError("REAUTH_REQUIRED", "sign in again"));
    const { auth } = createEchoAuth(service, { issuers: [issuer], interceptors: [refusing] });
    for (const call of Object.values(kinds)) {
      expect(await outcomeOf(call(clientOf(auth, {}, token), "usr_ada"))).toBe(
        "PermissionDenied REAUTH_REQUIRED",
      );
    }
  });
});

import { create } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  createConnectRouter,
  createContextValues,
  type Interceptor,
} from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import type { Auth } from "../../../server/gate/src/connect/create-auth.ts";
import { createEchoAuth, echoRoutes } from "../../support/echo-server.ts";
import { signToken } from "../../support/tokens.ts";
import { clientOf, Echo, kinds, outcomeOf, type RouterOptions, service } from "./echo-kinds.ts";
import { issuer, issuerKey } from "./fixtures.ts";

const pass: Interceptor = (next) => (req) => next(req);

/** What an application may make of an `auth` when it mounts the routes. */
const mounts: Readonly<Record<string, (auth: Auth) => RouterOptions>> = {
  "everything spread": (auth) => ({ ...auth }),
  "the routes alone": () => ({}),
  "interceptors of its own instead": (auth) => ({ ...auth, interceptors: [pass] }),
  "interceptors of auth without the gate": ({ interceptors }) => ({ interceptors }),
  "a gate of its own instead": (auth) => ({ ...auth, requestGate: () => undefined }),
};

const shared = createContextValues();
const interceptorsThat: Readonly<Record<string, readonly Interceptor[]>> = {
  "does nothing": [pass],
  "hands on one object for the values of all calls": [
    (next) => (req) => next({ ...req, contextValues: shared }),
  ],
  "hands on a new header": [(next) => (req) => next({ ...req, header: new Headers(req.header) })],
};

const token = signToken(issuerKey);

describe("the routes carry the gate (S0)", () => {
  for (const [mounted, toOptions] of Object.entries(mounts)) {
    for (const [kind, call] of Object.entries(kinds)) {
      test(`with ${mounted}: ${kind}`, async () => {
        const { auth } = createEchoAuth(service, { issuers: [issuer] });
        const outcome = (text: string, sent?: string) =>
          outcomeOf(call(clientOf(auth, toOptions(auth), sent), text));
        expect(await outcome("usr_ada")).toBe("Unauthenticated TOKEN_MISSING");
        expect(await outcome("usr_ada", "garbage")).toBe("Unauthenticated TOKEN_INVALID");
        expect(await outcome("usr_ada", token)).toBe("passed");
        expect(await outcome("usr_eve", token)).toBe("PermissionDenied POLICY_DENIED");
      });
    }
  }

  for (const [what, interceptors] of Object.entries(interceptorsThat)) {
    for (const [kind, call] of Object.entries(kinds)) {
      test(`with an interceptor of the adapter that ${what}: ${kind}`, async () => {
        const { auth } = createEchoAuth(service, { issuers: [issuer] });
        const outcome = (text: string, sent?: string) =>
          outcomeOf(call(clientOf(auth, { interceptors: [...interceptors] }, sent), text));
        expect(await outcome("usr_ada")).toBe("Unauthenticated TOKEN_MISSING");
        // A verdict that got lost is not guessed: the token has been taken away, and nobody is who called.
        const isLost = what.includes("one object");
        expect(await outcome("usr_ada", token)).toBe(isLost ? "Internal undefined" : "passed");
        expect(await outcome("usr_eve", token)).toBe(
          isLost ? "Internal undefined" : "PermissionDenied POLICY_DENIED",
        );
        expect(await outcome("usr_ada")).toBe("Unauthenticated TOKEN_MISSING");
      });
    }
  }

  test("takes the caller of one call for no other's where the values of all calls are one object", async () => {
    const { auth } = createEchoAuth(service, { issuers: [issuer] });
    const contextValues = createContextValues();
    const routes = (router: ConnectRouter) => {
      auth.routes(router);
      const careless = router.handlers.map((handler) =>
        Object.assign((req: Parameters<typeof handler>[0]) => handler({ ...req, contextValues }), {
          ...handler,
        }),
      );
      router.handlers.splice(0, careless.length, ...careless);
    };
    const outcome = (sent?: string) =>
      outcomeOf(clientOf({ ...auth, routes }, {}, sent).unary(create(Echo, { text: "usr_ada" })));
    expect(await outcome(token)).toBe("passed");
    expect(await outcome()).toBe("Unauthenticated TOKEN_MISSING");
    expect(await Promise.all([outcome(token), outcome(), outcome("garbage"), outcome(token)])).toEqual([
      "passed",
      "Unauthenticated TOKEN_MISSING",
      "Unauthenticated TOKEN_INVALID",
      "passed",
    ]);
  });

  test("keeps the protocols that the adapter has switched off switched off", () => {
    const { auth } = createEchoAuth(service, { issuers: [issuer] });
    const router = createConnectRouter({ ...auth, grpc: false });
    auth.routes(router);
    expect(router.handlers.map(({ protocolNames }) => protocolNames)).toEqual(
      Array.from({ length: 5 }, () => ["grpc-web", "connect"]),
    );
  });

  test("refuses every call of a route that did not go through createAuth, and says so", async () => {
    const { auth, errors } = createEchoAuth(service, { issuers: [issuer] });
    const mounted = { ...auth, routes: echoRoutes(service) };
    for (const call of Object.values(kinds)) {
      expect(await outcomeOf(call(clientOf(mounted, { ...mounted }, token), "usr_ada"))).toBe(
        "Internal undefined",
      );
    }
    expect(new Set(errors.map(String))).toEqual(
      new Set([expect.stringContaining("did not go through createAuth: give your routes to createAuth")]),
    );
  });

  test("refuse handlers that were put into the list of the router, where nothing guards them", () => {
    const unguarded = createConnectRouter();
    echoRoutes(service)(unguarded);
    const routes = (router: ConnectRouter) => void router.handlers.push(...unguarded.handlers);
    expect(() => createEchoAuth(service, { issuers: [issuer], routes })).toThrow(
      "the routes put a handler of test.v1.EchoService/Unary into router.handlers, where nothing guards it",
    );
  });

  test("judges a call of a method that is not implemented before it says so", async () => {
    const { auth } = createEchoAuth(service, {
      issuers: [issuer],
      routes: (router) => router.service(service, {}),
    });
    for (const call of Object.values(kinds)) {
      expect(await outcomeOf(call(clientOf(auth, {}), "usr_ada"))).toBe("Unauthenticated TOKEN_MISSING");
      expect(await outcomeOf(call(clientOf(auth, {}, token), "usr_ada"))).toBe("Unimplemented undefined");
    }
  });
});

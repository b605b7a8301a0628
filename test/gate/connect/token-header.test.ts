import { describe, expect, test } from "vitest";
import { createFetchHandler } from "../../../server/gate/src/connect/create-fetch-handler.ts";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { listen } from "../../../server/node/src/listener.ts";
import { startEchoServers } from "../../support/echo-server.ts";
import { methodOf } from "../../support/echo-service.ts";
import { signToken } from "../../support/tokens.ts";
import { contextOf, type GateCall, issuerKey, service, setUpGate } from "./fixtures.ts";

const HEADER = "cf-access-jwt-assertion";
const token = signToken(issuerKey);
const headers = { [HEADER]: token };

describe("a token in a header of its own", () => {
  test("is taken from there, as it is", async () => {
    const { decide } = setUpGate({ tokenHeader: "Cf-Access-Jwt-Assertion" });
    expect(await decide("Call", { headers })).toBeUndefined();
    expect(await decide("Admin", { headers })).toMatchObject({ reason: "INSUFFICIENT_SCOPE" });
    expect(await decide("Call", {})).toMatchObject({ reason: "TOKEN_MISSING" });
  });

  test("is the only one: in authorization, there is none", async () => {
    const { decide, events } = setUpGate({ tokenHeader: HEADER });
    expect(await decide("Call", { authorization: `Bearer ${token}` })).toMatchObject({
      reason: "TOKEN_MISSING",
    });
    expect(events).toMatchObject([{ check: "token_missing", expected: `header ${HEADER}`, got: "absent" }]);
    const { decide: decideByDefault } = setUpGate();
    expect(await decideByDefault("Call", { headers })).toMatchObject({ reason: "TOKEN_MISSING" });
  });

  const url = `http://127.0.0.1/test.v1.EchoService/Call?access_token=${token}`;
  /** A call, what is said. */
  const refused: Readonly<Record<string, readonly [call: GateCall, detail: string]>> = {
    "beside one in authorization": [
      { headers, authorization: `Bearer ${token}` },
      "the token was sent in more than one way",
    ],
    "beside anything in authorization": [
      { headers, authorization: "Basic YTpi" },
      "the token was sent in more than one way",
    ],
    "beside one in the URL": [{ headers, url }, "the token was sent in more than one way"],
    "that stands twice": [
      {
        headers: { [HEADER]: `${token}, ${token}` },
        rawHeaders: [HEADER, token, "CF-Access-JWT-Assertion", token],
      },
      "the token was sent in more than one way",
    ],
    "that was joined with another": [
      { headers: { [HEADER]: `${token}, ${token}` } },
      "the token is not three base64url segments",
    ],
    "with a scheme": [
      { headers: { [HEADER]: `Bearer ${token}` } },
      "the token is not three base64url segments",
    ],
    "that is empty": [{ headers: { [HEADER]: "" } }, `the header ${HEADER} is not one token`],
  };
  for (const [what, [call, detail]] of Object.entries(refused)) {
    test(`is refused ${what}`, async () => {
      const { decide, events } = setUpGate({ tokenHeader: HEADER });
      expect(await decide("Call", call)).toMatchObject({ reason: "TOKEN_INVALID" });
      expect(await decide("Optional", call)).toMatchObject({ reason: "TOKEN_INVALID" });
      expect(events).toMatchObject([{ detail }, { detail }]);
    });
  }

  test("is bounded like any other", async () => {
    const { decide } = setUpGate({ tokenHeader: HEADER, maxTokenBytes: 16 });
    expect(await decide("Call", { headers })).toMatchObject({ reason: "TOKEN_INVALID" });
  });

  test("is taken away, and so is authorization, unless handlers may see them", async () => {
    const seen = async (forwardToken: boolean, call: GateCall) => {
      const { auth } = setUpGate({ tokenHeader: HEADER, forwardToken });
      const context = contextOf(methodOf(service, "Optional"), call);
      await auth.requestGate(context);
      return [context.requestHeader.get(HEADER), context.requestHeader.get("authorization")];
    };
    const authorization = `Bearer ${token}`;
    expect(await seen(false, { headers })).toEqual([null, null]);
    expect(await seen(false, { authorization })).toEqual([null, null]);
    expect(await seen(true, { headers })).toEqual([token, null]);
    expect(await seen(true, { authorization })).toEqual([null, authorization]);
  });

  test("is taken with the fast path, with Connect's adapter, and in a fetch handler", async () => {
    const { auth } = setUpGate({ tokenHeader: HEADER });
    const server = await listen(buildRequestListener(auth));
    const handle = createFetchHandler(auth);
    await using adapters = await startEchoServers(auth);
    const path = `/${service.typeName}/Call`;
    const send = async (origin: string, fields: Readonly<Record<string, string>>) => {
      const request = new Request(origin + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...fields },
        body: "{}",
      });
      const response = origin === "http://fetch.example" ? await handle(request) : await fetch(request);
      return response.status;
    };
    for (const origin of [server.origin, `http://127.0.0.1:${adapters.http1Port}`, "http://fetch.example"]) {
      expect(await send(origin, headers)).toBe(200);
      expect(await send(origin, { authorization: `Bearer ${token}` })).toBe(401);
      expect(await send(origin, { ...headers, authorization: `Bearer ${token}` })).toBe(401);
    }
    await server.close(0);
  });

  test("is explained like any other", async () => {
    const { auth } = setUpGate({ tokenHeader: HEADER });
    const { verdict } = await auth.explain({ token, method: `${service.typeName}/Call` });
    expect(verdict).toBe("allowed");
  });

  test("has a name that a header can have", () => {
    for (const tokenHeader of ["", "a b", "x:y", "ä", 7 as unknown as string, null as unknown as string]) {
      expect(() => setUpGate({ tokenHeader })).toThrow("tokenHeader must be the name of a header");
    }
  });

  test("is none that says something else of the request", () => {
    const taken = [
      "Host",
      "cookie",
      "content-type",
      "Content-Length",
      "connection",
      "keep-alive",
      "te",
      "trailer",
    ];
    const more = ["transfer-encoding", "upgrade", "proxy-authorization", "grpc-timeout", "grpc-encoding"];
    for (const tokenHeader of [
      ...taken,
      ...more,
      "connect-protocol-version",
      "countersign-stream-id",
      "origin",
    ]) {
      expect(() => setUpGate({ tokenHeader })).toThrow("tokenHeader must be a header of the token alone");
    }
    for (const tokenHeader of [
      "x-goog-iap-jwt-assertion",
      "hosted-token",
      "connector",
      "teleport-jwt-assertion",
    ]) {
      expect(() => setUpGate({ tokenHeader })).not.toThrow();
    }
  });
});

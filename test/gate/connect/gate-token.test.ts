import { inspect } from "node:util";
import { Code } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { methodOf } from "../../support/echo-service.ts";
import { signToken } from "../../support/tokens.ts";
import { contextOf, issuerKey, service, setUpGate } from "./fixtures.ts";

const token = signToken(issuerKey);
const authorization = `Bearer ${token}`;
const INVALID = {
  code: Code.Unauthenticated,
  reason: "TOKEN_INVALID",
  message: "the access token is not valid",
};

describe("where a token may be (S4, R35–R37)", () => {
  const url = `http://127.0.0.1/test.v1.EchoService/Call?access_token=${token}`;
  const twice = ["Authorization", authorization, "authorization", authorization];

  test("is the Authorization header: one in the URL is as if it were not there", async () => {
    const { decide } = setUpGate();
    expect(await decide("Call", { url })).toMatchObject({ reason: "TOKEN_MISSING" });
    expect(await decide("Optional", { url })).toBeUndefined();
  });

  for (const [what, call] of Object.entries({
    "one in the header and one in the URL": { authorization, url },
    "two headers": { authorization, rawHeaders: twice },
    "two headers, one of them bad": { authorization: "Basic YTpi", rawHeaders: twice },
  })) {
    test(`is not two places: ${what}`, async () => {
      const { decide, events } = setUpGate();
      expect(await decide("Call", call)).toMatchObject({
        ...INVALID,
        metadata: { error: "invalid_request" },
        challenge:
          'Bearer realm="countersign", error="invalid_request", error_description="the access token is not valid"',
      });
      expect(events).toMatchObject([{ detail: "the token was sent in more than one way" }]);
    });
  }

  test("is one header, whatever else there is", async () => {
    const { decide } = setUpGate();
    const rawHeaders = [
      "Authorization",
      authorization,
      "x-authorized",
      "a",
      "proxy-authorization",
      "Basic YTpi",
    ];
    expect(await decide("Call", { authorization, rawHeaders })).toBeUndefined();
    const escaped = `http://127.0.0.1/test.v1.EchoService/Call?access%5Ftoken=${token}`;
    expect(await decide("Call", { authorization, url: escaped })).toMatchObject({ reason: "TOKEN_INVALID" });
    const innocent = "http://127.0.0.1/test.v1.EchoService/Call?message=access_token%3D1&no_access_token=1";
    expect(await decide("Call", { authorization, url: innocent })).toBeUndefined();
  });
});

describe("the token behind the gate (S7)", () => {
  const seen = async (name: string, forwardToken: boolean) => {
    const { auth, warnings } = setUpGate({ forwardToken });
    const context = contextOf(methodOf(service, name), {
      authorization,
      rawHeaders: ["authorization", authorization],
    });
    await auth.requestGate(context);
    return {
      header: context.requestHeader.get("authorization"),
      shown: inspect(context, { depth: 9 }),
      warnings,
    };
  };

  for (const name of ["Call", "Optional", "Public"]) {
    test(`is out of reach in ${name}`, async () => {
      const { header, shown, warnings } = await seen(name, false);
      expect(header).toBeNull();
      expect(shown.includes(token.slice(-20))).toBe(false);
      expect(warnings).toEqual([]);
    });
  }

  test("can be read when it is forwarded, and that is said at start", async () => {
    const { header, warnings } = await seen("Call", true);
    expect(header).toBe(authorization);
    expect(warnings).toEqual(["forwardToken: handlers can read the tokens of callers"]);
  });
});

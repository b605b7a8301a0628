import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { clientSecret } from "../../../server/gate/src/signals/client-secret.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { setUpSignals } from "./signalled.ts";

describe("signals that a hub or the issuer refuses", () => {
  for (const { what, problem, break: breakIt, says } of notEmpty([
    {
      what: "a wrong secret",
      problem: "credential",
      break: (hubs) => {
        hubs.next.token = () => ({ status: 401, json: { error: "invalid_client" } });
      },
      says: "does not take the client's credential: check its id and its secret",
    },
    {
      what: "a client that may not read",
      problem: "scope",
      break: (hubs) => {
        hubs.next.token = () => ({ status: 400, json: { error: "invalid_scope" } });
      },
      says: "grant it scope signals:read",
    },
    {
      what: "a hub that refuses",
      problem: "refused",
      break: (hubs) => {
        hubs.next.watch = () => new ConnectError("no", Code.PermissionDenied);
      },
      says: "does not let the client: it must be a client with scope signals:read",
    },
    {
      what: "what serves no signals",
      problem: "unserved",
      break: (hubs) => {
        hubs.next.answer = (path) =>
          path.endsWith("/Watch") ? new Response("<html>", { status: 404 }) : undefined;
      },
      says: "serves no signals: name the hubs in option hubs",
    },
  ] satisfies readonly {
    what: string;
    problem: string;
    break: (hubs: Awaited<ReturnType<typeof setUpSignals>>["hubs"]) => void;
    says: string;
  }[])) {
    test(`say at once what to do about ${what}, once, and without the secret`, async () => {
      const { errors, fate, pass } = await setUpSignals({}, breakIt);
      await pass(60_000);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatchObject({ name: "SignalsError", problem });
      expect(String(errors[0])).toContain(says);
      expect(JSON.stringify(errors) + String(errors[0])).not.toMatch(/s3cr3t|token-/);
      expect(fate("ada")).toBe("AUTH_UNAVAILABLE");
    });
  }

  test("go on at once with the next token where that of a watch is revoked, as with the key that has signed it", async () => {
    const tokens = ["first", "second", "third"];
    const { hubs, errors, last, fate, pass } = await setUpSignals({}, ({ next }) => {
      next.token = () => ({ status: 200, json: { access_token: tokens.shift(), expires_in: 600 } });
    });
    hubs.begin(last());
    hubs.alive(last());
    await pass(1_000);
    last()?.end(new ConnectError("the session has been revoked", Code.Unauthenticated));
    await pass(0);
    expect(hubs.watches.map(({ authorization }) => authorization)).toEqual(["Bearer first", "Bearer second"]);
    expect(fate("ada")).toBe("good");
    expect(errors).toEqual([]);
    // A hub that never takes one is not asked in a loop, and an operator is told.
    last()?.end(new ConnectError("no", Code.Unauthenticated));
    await pass(0);
    expect(hubs.watches).toHaveLength(2);
    expect(errors).toMatchObject([{ problem: "refused" }]);
  });

  test("read without renewals where the client may not renew", async () => {
    const { last } = await setUpSignals({}, ({ next }) => {
      next.token = (scope) =>
        scope === "signals:read"
          ? { status: 200, json: { access_token: "reader", expires_in: 600 } }
          : { status: 400, json: { error: "invalid_scope" } };
    });
    expect(last()?.authorization).toBe("Bearer reader");
  });

  test("do not ask for a token again before the issuer wants to be asked", async () => {
    const options = { hubs: ["https://a.example", "https://b.example"] };
    const { hubs, pass } = await setUpSignals(options, ({ next }) => {
      const headers = { "retry-after": "30" };
      next.token = () => ({ status: 429, headers, json: { error: "temporarily_unavailable" } });
    });
    await pass(29_000);
    expect(hubs.asked).toHaveLength(1);
    await pass(15_000);
    expect(hubs.asked).toHaveLength(2);
  });
});

describe("the secret of a client", () => {
  test("is sent as RFC 6749 §2.3.1 has it, and shows nowhere else", () => {
    const credential = clientSecret("a:b", "s3 cr3t%é");
    expect(credential.toAuthorization()).toBe(`Basic ${btoa("a%3Ab:s3+cr3t%25%C3%A9")}`);
    expect(JSON.stringify(credential)).toBe("{}");
  });

  for (const [id, secret] of notEmpty([
    ["", "s"],
    ["id", ""],
    ["id", undefined],
  ])) {
    test(`is not ${JSON.stringify([id, secret])}`, () => {
      expect(() => clientSecret(id as string, secret as string)).toThrow(TypeError);
    });
  }
});

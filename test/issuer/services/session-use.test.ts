import { describe, expect, it } from "vitest";
import { toShownText } from "../../../server/issuer/src/services/session-use.ts";
import { bearer, startSessionServer } from "../../support/session-server.ts";
import { refusal, signInRequest } from "./session-calls.ts";

const BROWSER = { headers: { "user-agent": "Mozilla/5.0 (X11)" } };

describe("the list of sessions", () => {
  it("shows the name that a client gives its device, else its header user-agent", async () => {
    await using server = await startSessionServer();
    const { client } = server;
    await client.signIn({ ...signInRequest({}), device: "Ada's phone" }, BROWSER);
    const { tokens } = await client.signIn(signInRequest({}), BROWSER);
    const auth = bearer(tokens?.accessToken ?? "");
    const { sessions } = await client.listSessions({}, auth);
    expect(sessions.map(({ device }) => device).toSorted()).toEqual(["Ada's phone", "Mozilla/5.0 (X11)"]);
    await client.refresh({ refreshToken: tokens?.refreshToken ?? "" }, { headers: { "user-agent": "x" } });
    const [current] = (await client.listSessions({}, auth)).sessions.filter((session) => session.current);
    expect(current).toMatchObject({ device: "Mozilla/5.0 (X11)" });
  });

  it("knows no device of a client that names none", async () => {
    await using server = await startSessionServer();
    const { tokens } = await server.client.signIn(signInRequest({}), { headers: { "user-agent": "" } });
    const { sessions } = await server.client.listSessions({}, bearer(tokens?.accessToken ?? ""));
    expect(sessions).toMatchObject([{ device: "", address: "" }]);
  });

  it("takes no name of a device that is too long or no text", async () => {
    await using server = await startSessionServer();
    for (const device of ["x".repeat(257), "a\u0000b"]) {
      const call = server.client.signIn({ ...signInRequest({}), device });
      expect(await refusal(call)).toMatchObject({ code: "InvalidArgument", fields: ["device"] });
    }
  });
});

describe("a text from outside that is shown", () => {
  const cases = [
    ["  phone ", "phone"],
    ["", undefined],
    [" \t\r\n ", undefined],
    ["a\u001b[31mred\u0007", "a [31mred"],
    ["one\ntwo\u2028three", "one two three"],
    ["user\u202egnp.exe", "user gnp.exe"],
    ["half \ud83d", "half"],
    [`${"x".repeat(255)}😀`, "x".repeat(255)],
    ["x".repeat(100_000), "x".repeat(256)],
    ["Telefon von Jörg 😀", "Telefon von Jörg 😀"],
  ] as const;
  for (const [text, shown] of cases) {
    it(`becomes ${JSON.stringify(shown?.slice(0, 20))} from ${JSON.stringify(text.slice(0, 20))}`, () => {
      expect(toShownText(text)).toBe(shown);
    });
  }
});

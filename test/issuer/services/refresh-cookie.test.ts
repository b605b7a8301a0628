import { Code, ConnectError } from "@connectrpc/connect";
import { Delivery, SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { parseSetCookie } from "cookie";
import { describe, expect, it } from "vitest";
import { createRefreshCookie } from "../../../server/issuer/src/services/refresh-cookie.ts";
import { COOKIE_ORIGIN } from "../../support/own-issuer.ts";
import { bearer, type SessionServer, startSessionServer } from "../../support/session-server.ts";
import { createTestClock } from "../../support/test-clock.ts";

const PATH = "/countersign.auth.v1.SessionService/";
const CLEARED = `__Secure-countersign_refresh=; Max-Age=0; Path=${PATH}; Secure`;

/** The other cookie, which has tests of its own. */
const DEVICES = "__Secure-countersign_devices=";

const credential = { case: "password", value: { username: "ada", password: "correct horse" } } as const;

/** A page: it sends its origin and its cookies, and keeps what it is given. */
function openPage({ client }: SessionServer, origin: string | undefined) {
  const jar = { cookie: "", setCookies: [] as readonly string[] };
  const options = (extra: Readonly<Record<string, string>> = {}) => ({
    headers: {
      ...extra,
      ...(origin === undefined ? {} : { origin }),
      ...(jar.cookie === "" ? {} : { cookie: jar.cookie }),
    },
    onHeader: (headers: Headers) => {
      jar.setCookies = headers.getSetCookie().filter((line) => !line.startsWith(DEVICES));
      const written = jar.setCookies.map((line) => parseSetCookie(line)).find(({ value }) => value !== "");
      const isCleared = jar.setCookies.length > 0 && written === undefined;
      jar.cookie = isCleared ? "" : written ? `other=1; ${written.name}=${written.value}` : jar.cookie;
    },
  });
  return {
    jar,
    signIn: () => client.signIn({ credential, delivery: Delivery.COOKIE }, options()),
    refresh: () => client.refresh({}, options()),
    signOut: (accessToken: string) => client.signOut({}, options(bearer(accessToken).headers)),
  };
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (cause: unknown) => ConnectError.from(cause),
  );
  return error === undefined ? "none" : Code[error.code];
}

describe("the refresh cookie", () => {
  it("holds the refresh token where scripts and other sites cannot get at it", async () => {
    await using server = await startSessionServer();
    const page = openPage(server, COOKIE_ORIGIN);
    const { tokens } = await page.signIn();
    expect(tokens?.refreshToken).toBe("");
    expect(tokens?.accessToken).not.toBe("");
    expect(page.jar.setCookies).toHaveLength(1);
    expect(parseSetCookie(page.jar.setCookies[0] ?? "")).toMatchObject({
      name: "__Secure-countersign_refresh",
      value: expect.stringMatching(/^csr_[\w-]{91}$/),
      httpOnly: true,
      secure: true,
      sameSite: "strict",
      path: "/countersign.auth.v1.SessionService/",
      maxAge: 604_800,
    });
  });

  it("is replaced by each refresh and taken away at sign-out", async () => {
    await using server = await startSessionServer();
    const page = openPage(server, COOKIE_ORIGIN);
    const first = await page.signIn();
    const before = page.jar.cookie;
    const second = await page.refresh();
    expect(second.tokens).toMatchObject({ sessionId: first.tokens?.sessionId, refreshToken: "" });
    expect(page.jar.cookie).not.toBe(before);
    await page.signOut(second.tokens?.accessToken ?? "");
    expect(page.jar.setCookies).toEqual([CLEARED]);
    expect(await codeOf(page.refresh())).toBe("Unauthenticated");
  });

  it("stays when the session that ends is not the one it belongs to", async () => {
    await using server = await startSessionServer();
    const page = openPage(server, COOKIE_ORIGIN);
    const replaced = await page.signIn();
    await page.signIn();
    await page.signOut(replaced.tokens?.accessToken ?? "");
    expect(page.jar.setCookies).toEqual([]);
    expect(await codeOf(page.refresh())).toBe("none");
  });

  for (const origin of ["https://evil.example", "null", undefined]) {
    it(`is of no use from the origin ${origin}`, async () => {
      await using server = await startSessionServer();
      const owner = openPage(server, COOKIE_ORIGIN);
      await owner.signIn();
      const other = openPage(server, origin);
      expect(await codeOf(other.signIn())).toBe("PermissionDenied");
      other.jar.cookie = owner.jar.cookie;
      expect(await codeOf(other.refresh())).toBe("PermissionDenied");
      expect(await codeOf(owner.refresh())).toBe("none");
    });
  }

  it("is read under its former name for 30 days, and moves with the first refresh", async () => {
    await using server = await startSessionServer();
    const page = openPage(server, COOKIE_ORIGIN);
    await page.signIn();
    const value = page.jar.cookie.split("=").at(-1);
    page.jar.cookie = `countersign_refresh=${value}`;
    expect(await codeOf(page.refresh())).toBe("none");
    expect(page.jar.setCookies).toEqual([
      `countersign_refresh=; Max-Age=0; Path=${PATH}; Secure`,
      expect.stringMatching(/^__Secure-countersign_refresh=csr_[\w-]{91}; Max-Age=604800; /),
    ]);
    expect(await codeOf(page.refresh())).toBe("none");
    expect(page.jar.setCookies).toHaveLength(1);
  });

  it("is taken away under its former name by a sign-in and a sign-out", async () => {
    await using server = await startSessionServer();
    const page = openPage(server, COOKIE_ORIGIN);
    page.jar.cookie = `countersign_refresh=csr_${"a".repeat(91)}`;
    const { tokens } = await page.signIn();
    expect(page.jar.setCookies[0]).toBe(`countersign_refresh=; Max-Age=0; Path=${PATH}; Secure`);
    page.jar.cookie = page.jar.cookie.replace("__Secure-", "");
    await page.signOut(tokens?.accessToken ?? "");
    expect(page.jar.setCookies).toEqual([`countersign_refresh=; Max-Age=0; Path=${PATH}; Secure`]);
  });

  it("is not there when no origin is listed", async () => {
    const options = { isCookieOrigin: undefined, issuer: "https://auth.example", clock: createTestClock(0) };
    const url = "https://auth.example/";
    const page = {
      requestHeader: new Headers({ origin: COOKIE_ORIGIN }),
      responseHeader: new Headers(),
      method: SessionService.method.signIn,
      url,
    };
    const signIn = async () => createRefreshCookie(options).assertOrigin(page);
    expect(await codeOf(signIn())).toBe("Unimplemented");
  });
});

import { Code, ConnectError } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { describe, expect, it, test } from "vitest";
import { clearPlanted, readCookies } from "../../../server/issuer/src/services/planted-cookies.ts";
import { createRefreshCookie } from "../../../server/issuer/src/services/refresh-cookie.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";

const DAY_MS = 86_400_000;
const PATH = "/countersign.auth.v1.SessionService/";
const ORIGIN = "https://app.example.com";
const NAME = "__Secure-countersign_refresh";
const FORMER = "countersign_refresh";
const TOKEN = `csr_${"A".repeat(91)}`;

function keep(issuer = "https://auth.example.com") {
  const clock = createTestClock(0);
  const cookie = createRefreshCookie({ isCookieOrigin: (origin) => origin === ORIGIN, issuer, clock });
  const request = (header: string, more: Readonly<Record<string, string>> = {}) => ({
    requestHeader: new Headers({ origin: ORIGIN, cookie: header, ...more }),
    responseHeader: new Headers(),
    method: SessionService.method.refresh,
    url: `http://127.0.0.1:8080${PATH}Refresh`,
  });
  return { cookie, clock, request };
}

const DOUBLED = notEmpty([
  `${NAME}=a; ${NAME}=b`,
  `${NAME}=a; ${NAME}=a`,
  `${NAME}=a;${NAME}=`,
  `${NAME}; ${NAME}=b`,
  `x=1; ${NAME}=a; y=${NAME}; ${NAME} = b`,
  `${FORMER}=a; ${FORMER}=b`,
  `${NAME}=a; ${FORMER}=b`,
  `${FORMER}=a; other=1; ${NAME}=b`,
]);

describe("two refresh cookies", () => {
  for (const header of DOUBLED) {
    it(`are refused: ${header}`, () => {
      const { cookie, request } = keep();
      const ctx = request(header);
      expect(() => cookie.read(ctx)).toThrow(
        new ConnectError("the request has two refresh cookies, and should have one", Code.Aborted),
      );
      expect(ctx.responseHeader.getSetCookie().length).toBeGreaterThan(0);
    });

    it(`are both taken away at sign-out: ${header}`, () => {
      const { cookie, request } = keep();
      const ctx = request(header);
      cookie.clear(ctx, "session-1");
      const lines = ctx.responseHeader.getSetCookie();
      for (const { name } of readCookies(header, [NAME, FORMER])) {
        expect(lines).toContain(`${name}=; Max-Age=0; Path=${PATH}; Secure`);
        expect(lines).toContain(`${name}=; Max-Age=0; Domain=example.com; Path=${PATH}; Secure`);
        expect(lines).toContain(`${name}=; Max-Age=0; Domain=auth.example.com; Path=/; Secure`);
      }
    });
  }

  it("are not told apart for a page that may not use cookies at all", () => {
    const { cookie, request } = keep();
    const ctx = request(`${NAME}=a; ${NAME}=b`, { origin: "https://evil.example.com" });
    expect(() => cookie.read(ctx)).toThrow("pages of this origin may not use the refresh cookie");
    expect(ctx.responseHeader.getSetCookie()).toEqual([]);
  });

  it("leave the one that this host has written, so that the next attempt finds it", () => {
    const { cookie, request } = keep();
    const ctx = request(`${NAME}=a; ${FORMER}=b`);
    expect(() => cookie.read(ctx)).toThrow();
    const lines = ctx.responseHeader.getSetCookie();
    expect(lines).not.toContain(`${NAME}=; Max-Age=0; Path=${PATH}; Secure`);
    expect(lines).toContain(`${FORMER}=; Max-Age=0; Path=${PATH}; Secure`);
    const former = request(`${FORMER}=a; ${FORMER}=b`);
    expect(() => cookie.read(former)).toThrow();
    expect(former.responseHeader.getSetCookie()).not.toContain(`${FORMER}=; Max-Age=0; Path=${PATH}; Secure`);
  });

  it("are cleared before a sign-in writes its own", () => {
    const { cookie, request } = keep();
    const ctx = request(`${NAME}=a; ${NAME}=b`);
    cookie.write(ctx, TOKEN, 60_000);
    const lines = ctx.responseHeader.getSetCookie();
    expect(lines.slice(0, -1).every((line) => line.startsWith(`${NAME}=; Max-Age=0;`))).toBe(true);
    expect(lines.at(-1)).toContain(`${NAME}=${TOKEN}; Max-Age=60;`);
  });
});

test("one cookie is read whatever others are called, and none is none", () => {
  const { cookie, request } = keep();
  const others = `x${NAME}=1; ${NAME}x=2; ${NAME.toUpperCase()}=3; __proto__=4; constructor=5; =${NAME}`;
  expect(cookie.read(request(`${others}; ${NAME}=${TOKEN}; z=1`))).toBe(TOKEN);
  expect(cookie.read(request(others))).toBeUndefined();
  expect(cookie.read(request(""))).toBeUndefined();
  expect(cookie.read(request(";;=;"))).toBeUndefined();
});

test("a name that begins or ends with a no-break space is another one, and no second cookie", () => {
  const { cookie, request } = keep();
  const others = `\u00a0${NAME}=1; ${NAME}\u00a0=2; \u00a0${FORMER}=3;\u00a0 ${NAME}=4`;
  expect(cookie.read(request(others))).toBeUndefined();
  expect(cookie.read(request(`${others}; \t ${NAME}\t=${TOKEN} \t; z=1`))).toBe(TOKEN);
});

test("the former name is read for 30 days after the start, and after that it is no second cookie", () => {
  const { cookie, clock, request } = keep();
  clock.advance(30 * DAY_MS - 1);
  expect(cookie.read(request(`${FORMER}=${TOKEN}`))).toBe(TOKEN);
  clock.advance(1);
  expect(cookie.read(request(`${FORMER}=${TOKEN}`))).toBeUndefined();
  expect(cookie.read(request(`${FORMER}=b; ${NAME}=${TOKEN}`))).toBe(TOKEN);
});

const HOSTS = notEmpty([
  { host: "auth.example.com", domains: ["example.com", "auth.example.com"] },
  { host: "example.com", domains: ["example.com"] },
  {
    host: "login.eu-west-1.internal.identity.example.com",
    domains: ["example.com", "identity.example.com", "internal.identity.example.com"],
  },
  { host: "a.b.c.d.example.com", domains: ["example.com", "d.example.com", "c.d.example.com"] },
  { host: "127.0.0.1", domains: [] },
  { host: "[::1]", domains: [] },
  { host: "localhost", domains: [] },
  { host: "evil.com; HttpOnly", domains: [] },
  { host: "", domains: [] },
]);

test.each(HOSTS)("other hosts of the domain of $host set cookies for $domains", ({ host, domains }) => {
  const lines = clearPlanted([NAME], { hosts: [host, host], method: "Refresh" });
  const named = lines
    .map((line) => /Domain=([^;]*)/.exec(line)?.[1])
    .filter((domain) => domain !== undefined);
  expect([...new Set(named)].slice(0, 3)).toEqual(domains);
});

test.each(HOSTS)(
  "an answer that takes both names away passes a proxy of 4 KiB: $host",
  ({ host, domains }) => {
    const { cookie, request } = keep(`https://${host || "auth.example.com"}`);
    const ctx = request(`${NAME}=a; ${NAME}=b; ${FORMER}=a; ${FORMER}=b`, { host: "auth.internal" });
    cookie.write(ctx, TOKEN, 604_800_000);
    const lines = ctx.responseHeader.getSetCookie();
    expect(lines.map((line) => `set-cookie: ${line}\r\n`).join("").length).toBeLessThan(3_584);
    // Of either name, wherever most can have put it.
    for (const name of [NAME, FORMER]) {
      for (const domain of domains.slice(0, 1)) {
        expect(lines).toContain(`${name}=; Max-Age=0; Domain=${domain}; Path=${PATH}; Secure`);
        expect(lines).toContain(`${name}=; Max-Age=0; Domain=${domain}; Path=${PATH}Refresh; Secure`);
      }
    }
  },
);

import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { AuthError, type Clock } from "@countersign/server";
import { stringifySetCookie } from "cookie";
import { claimedSessionId } from "../sessions/refresh-token.ts";
import { type CookiePair, clearOwn, clearPlanted, OWN_COOKIE, readCookies } from "./planted-cookies.ts";

/** What the keeper of the cookie needs. */
export interface RefreshCookieOptions {
  /** Says whether pages of an origin may use it; undefined: none may. */
  readonly isCookieOrigin: ((origin: string) => boolean) | undefined;
  /** The public URL of the issuer: browsers may know the server by its host. */
  readonly issuer: string;
  readonly clock: Clock;
}

/** Keeps refresh tokens in a cookie that scripts cannot read and that no other site can send. */
export interface RefreshCookie {
  /**
   * Refuse a page that may not use cookies.
   *
   * @throws ConnectError `Unimplemented` when no page may
   * @throws AuthError `POLICY_DENIED` when the call comes from another origin, or from none
   */
  assertOrigin(ctx: HeaderContext): void;
  /**
   * Read the refresh token of a page; undefined when there is no cookie.
   *
   * @throws ConnectError `Aborted` when there are two: another host of the domain has planted one, and which came first
   *   says nothing. The answer takes away what this host has not written, so that the next attempt finds one
   * @throws ConnectError, AuthError as `assertOrigin`
   */
  read(ctx: HeaderContext): string | undefined;
  /** Read what may be the refresh token of a page, for which it gets nothing; undefined when there is none, or are two. */
  peek(ctx: HeaderContext): string | undefined;
  /** Put a refresh token into the cookie, for as long as it lasts, and take all others of its names away. */
  write(ctx: HeaderContext, refreshToken: string, expiresInMs: number): void;
  /**
   * Take the cookie of a session that has ended away; that of another, which has replaced it, stays. Of two, both go,
   * wherever they lie.
   */
  clear(ctx: HeaderContext, sessionId: string): void;
}

type HeaderContext = Pick<HandlerContext, "method" | "requestHeader" | "responseHeader" | "url">;

/**
 * Browsers take a cookie with this prefix from https only, or from loopback (RFC 6265bis §4.1.3.1). It has a path, so that
 * no other service sees it; `__Host-` would have none.
 */
const NAME = "__Secure-countersign_refresh";

/** Its name until this release. */
const FORMER_NAME = "countersign_refresh";

/** How long after a start the former name is read, in milliseconds: a user who comes back within that time stays signed in. */
const FORMER_NAME_MS = 30 * 24 * 60 * 60 * 1_000;

/** Create the keeper of the cookie. */
export function createRefreshCookie({ isCookieOrigin, issuer, clock }: RefreshCookieOptions): RefreshCookie {
  const formerUntilMs = clock.nowMs() + FORMER_NAME_MS;

  function find({ requestHeader }: HeaderContext): readonly CookiePair[] {
    const names = clock.nowMs() < formerUntilMs ? [NAME, FORMER_NAME] : [NAME];
    return readCookies(requestHeader.get("cookie"), names);
  }

  function append({ responseHeader }: HeaderContext, lines: readonly string[]): void {
    for (const line of lines) {
      responseHeader.append("set-cookie", line);
    }
  }

  /** Take away all but what this host has written under the name that stays. */
  function clearOthers(ctx: HeaderContext, found: readonly CookiePair[], kept: string | undefined): void {
    const names = [...new Set(found.map(({ name }) => name))];
    append(ctx, names.filter((name) => name !== kept).map(clearOwn));
    append(
      ctx,
      found.length > 1 ? clearPlanted(names, { hosts: hostsOf(ctx, issuer), method: ctx.method.name }) : [],
    );
  }

  function assertOrigin(ctx: HeaderContext): void {
    if (isCookieOrigin === undefined) {
      throw new ConnectError("this server does not put refresh tokens in cookies", Code.Unimplemented);
    }
    const origin = ctx.requestHeader.get("origin");
    if (origin === null || !isCookieOrigin(origin)) {
      throw new AuthError("POLICY_DENIED", "pages of this origin may not use the refresh cookie");
    }
  }

  return {
    assertOrigin,
    read(ctx) {
      const found = find(ctx);
      if (found.length === 0) {
        return undefined;
      }
      assertOrigin(ctx);
      if (found.length > 1) {
        clearOthers(ctx, found, found.some(({ name }) => name === NAME) ? NAME : FORMER_NAME);
        throw new ConnectError("the request has two refresh cookies, and should have one", Code.Aborted);
      }
      return found[0]?.value;
    },
    peek(ctx) {
      const [found, ...others] = find(ctx);
      return others.length === 0 ? found?.value : undefined;
    },
    write(ctx, refreshToken, expiresInMs) {
      clearOthers(ctx, find(ctx), NAME);
      const maxAge = Math.floor(expiresInMs / 1_000);
      append(ctx, [stringifySetCookie({ ...OWN_COOKIE, name: NAME, value: refreshToken, maxAge })]);
    },
    clear(ctx, sessionId) {
      const found = find(ctx);
      const isOwn = ({ value }: CookiePair) => (claimedSessionId(value) ?? sessionId) === sessionId;
      if (found.length > 1 || found.some(isOwn)) {
        clearOthers(ctx, found, undefined);
      }
    },
  };
}

/** The names that the browser may know this server by: a proxy may have changed that of the request. */
function hostsOf({ requestHeader, url }: HeaderContext, issuer: string): readonly string[] {
  const host = requestHeader.get("host");
  const urls = [host === null ? url : `https://${host}`, issuer];
  return urls.map((text) => URL.parse(text)?.hostname ?? "");
}

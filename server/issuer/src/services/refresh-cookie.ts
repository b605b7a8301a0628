import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { AuthError } from "@countersign/server";
import { parseCookie, stringifySetCookie } from "cookie";
import { claimedSessionId } from "../sessions/refresh-token.ts";

/** Keeps refresh tokens in a cookie that scripts cannot read and that no other site can send. */
export interface RefreshCookie {
  /**
   * Refuse a page that may not use cookies.
   *
   * @throws ConnectError `Unimplemented` when no page may
   * @throws AuthError `POLICY_DENIED` when the call comes from another origin, or from none
   */
  assertOrigin(ctx: HeaderContext): void;
  /** Read the refresh token; undefined when there is no cookie. */
  read(ctx: HeaderContext): string | undefined;
  /** Put a refresh token into the cookie, for as long as it lasts. */
  write(ctx: HeaderContext, refreshToken: string, expiresInMs: number): void;
  /** Take the cookie of a session that has ended away; that of another, which has replaced it, stays. */
  clear(ctx: HeaderContext, sessionId: string): void;
}

type HeaderContext = Pick<HandlerContext, "requestHeader" | "responseHeader">;

const NAME = "countersign_refresh";

const ATTRIBUTES = {
  httpOnly: true,
  secure: true,
  sameSite: "strict",
  // No other path of the server ever gets to see it.
  path: `/${SessionService.typeName}/`,
} as const;

/**
 * Create the keeper of the cookie.
 *
 * @param isCookieOrigin says whether pages of an origin may use it; undefined: none may
 */
export function createRefreshCookie(
  isCookieOrigin: ((origin: string) => boolean) | undefined,
): RefreshCookie {
  const read = (ctx: HeaderContext): string | undefined =>
    parseCookie(ctx.requestHeader.get("cookie") ?? "")[NAME];
  const set = (ctx: HeaderContext, value: string, maxAge: number): void =>
    ctx.responseHeader.append("set-cookie", stringifySetCookie({ ...ATTRIBUTES, name: NAME, value, maxAge }));
  return {
    assertOrigin(ctx) {
      if (isCookieOrigin === undefined) {
        throw new ConnectError("this server does not put refresh tokens in cookies", Code.Unimplemented);
      }
      const origin = ctx.requestHeader.get("origin");
      if (origin === null || !isCookieOrigin(origin)) {
        throw new AuthError("POLICY_DENIED", "pages of this origin may not use the refresh cookie");
      }
    },
    read,
    write: (ctx, refreshToken, expiresInMs) => set(ctx, refreshToken, Math.floor(expiresInMs / 1_000)),
    clear(ctx, sessionId) {
      const refreshToken = read(ctx);
      if (refreshToken !== undefined && (claimedSessionId(refreshToken) ?? sessionId) === sessionId) {
        set(ctx, "", 0);
      }
    },
  };
}

import type { HandlerContext } from "@connectrpc/connect";
import { stringifySetCookie } from "cookie";
import { DEVICE_PROOF_MS, type KnownDevices, MAX_DEVICE_PROOFS } from "../credentials/known-devices.ts";
import { digestUsername, normalizeUsername } from "../credentials/username.ts";
import { COOKIE_PATH, readCookies } from "./planted-cookies.ts";

/**
 * Keeps in a browser the proofs of who has signed in with it. A sign-out leaves them: they are for the next sign-in, and
 * are no credentials.
 */
export interface DeviceCookie {
  /**
   * Read the proofs of a browser. Those of every cookie of the name count, so that one which another host of the domain
   * has planted takes nothing away from ours: what is no proof proves nothing.
   */
  read(ctx: Pick<HandlerContext, "requestHeader">): readonly string[];
  /** Put the proof of a sign-in to an account beside those that are there. */
  write(ctx: Pick<HandlerContext, "requestHeader" | "responseHeader">, username: string): void;
}

/** With the attributes of the refresh cookie, for the same reasons. */
const NAME = "__Secure-countersign_devices";
const ATTRIBUTES = { httpOnly: true, secure: true, sameSite: "strict", path: COOKIE_PATH } as const;

const SEPARATOR = ".";

/** More than a host of the domain can put before ours. */
const MAX_COOKIES = 8;

/** More than ours ever has. */
const MAX_COOKIE_CHARS = 256;

/** Create the keeper of the cookie. */
export function createDeviceCookie(devices: KnownDevices): DeviceCookie {
  const read: DeviceCookie["read"] = ({ requestHeader }) =>
    readCookies(requestHeader.get("cookie"), [NAME])
      .filter(({ value }) => value.length <= MAX_COOKIE_CHARS)
      .slice(0, MAX_COOKIES)
      .flatMap(({ value }) => value.split(SEPARATOR, MAX_DEVICE_PROOFS));
  return {
    read,
    write(ctx, username) {
      const proofs = devices.add(read(ctx), digestUsername(normalizeUsername(username)));
      const value = proofs.join(SEPARATOR);
      const maxAge = DEVICE_PROOF_MS / 1_000;
      ctx.responseHeader.append(
        "set-cookie",
        stringifySetCookie({ ...ATTRIBUTES, name: NAME, value, maxAge }),
      );
    },
  };
}

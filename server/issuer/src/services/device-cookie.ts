import type { HandlerContext } from "@connectrpc/connect";
import { stringifySetCookie } from "cookie";
import { DEVICE_PROOF_MS, MAX_DEVICE_PROOFS } from "../credentials/known-devices.ts";
import { OWN_COOKIE, readCookies } from "./planted-cookies.ts";

const NAME = "__Secure-countersign_devices";

const SEPARATOR = ".";

/** More than a host of the domain can put before ours. */
const MAX_COOKIES = 8;

/** More than ours ever has. */
const MAX_COOKIE_CHARS = 256;

/**
 * Read the proofs that a browser keeps of who has signed in with it. Those of every cookie of the name count, so that one
 * which another host of the domain has planted takes nothing away from ours: what is no proof proves nothing.
 */
export function readDeviceProofs({
  requestHeader,
}: Pick<HandlerContext, "requestHeader">): readonly string[] {
  return readCookies(requestHeader.get("cookie"), [NAME])
    .filter(({ value }) => value.length <= MAX_COOKIE_CHARS)
    .slice(0, MAX_COOKIES)
    .flatMap(({ value }) => value.split(SEPARATOR, MAX_DEVICE_PROOFS));
}

/**
 * Have a browser keep proofs, in place of those that it has. A sign-out leaves them: they are for the next sign-in, and are
 * no credentials.
 */
export function writeDeviceProofs(
  { responseHeader }: Pick<HandlerContext, "responseHeader">,
  proofs: readonly string[],
): void {
  const value = proofs.join(SEPARATOR);
  const maxAge = DEVICE_PROOF_MS / 1_000;
  responseHeader.append("set-cookie", stringifySetCookie({ ...OWN_COOKIE, name: NAME, value, maxAge }));
}

import { isSecureOrigin } from "../core/origin.ts";

/** @throws TypeError when a URL of an option is neither https nor on this machine */
export function assertSecureUrl(url: string, option: string): void {
  if (!isSecureUrl(url)) {
    throw new TypeError(`${option} must use https, or http on this machine, not ${JSON.stringify(url)}`);
  }
}

/** Check whether a URL is https, or http to this machine. */
export function isSecureUrl(url: string): boolean {
  return URL.canParse(url) && isSecureOrigin(new URL(url).origin);
}

import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { stringifySetCookie } from "cookie";

/** A cookie of a request. */
export interface CookiePair {
  readonly name: string;
  readonly value: string;
}

/** The path of the cookie: no other of the server ever gets to see it. */
export const COOKIE_PATH = `/${SessionService.typeName}/`;

/** Where else a cookie lies that comes with a call to Refresh (RFC 6265 §5.1.4). */
const OTHER_PATHS = [
  "/",
  `/${SessionService.typeName}`,
  `${COOKIE_PATH}${SessionService.method.refresh.name}`,
  `${COOKIE_PATH}${SessionService.method.signOut.name}`,
] as const;

/** IP addresses have no parent; labels of letters only, digits and hyphens. */
const DOMAIN = /^[a-z\d-]+(\.[a-z\d-]+)*\.[a-z][a-z\d-]*$/;

/** An answer of more bytes of headers than a proxy takes would not arrive: nginx takes 4 KiB. */
const MAX_DOMAINS = 4;

/** Read all cookies of these names, in the order of the request; browsers send one for each path and domain. */
export function readCookies(header: string | null, names: readonly string[]): readonly CookiePair[] {
  const pairs = (header ?? "").split(";").map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return { name: name.trim(), value: value.join("=").trim() };
  });
  return pairs.filter(({ name }) => names.includes(name));
}

/**
 * Make the `Set-Cookie` lines that take a cookie away wherever another host of the domain, or another path, can have put
 * it. The cookie that only this host can have written, without a domain and at {@link COOKIE_PATH}, stays.
 *
 * @param hosts the names that the browser may know this server by
 */
export function clearPlanted(name: string, hosts: readonly string[]): readonly string[] {
  const domains = [...new Set(hosts.flatMap(parentsOf))].slice(0, MAX_DOMAINS);
  return [
    ...OTHER_PATHS.map((path) => clearAt({ name, path })),
    ...domains.flatMap((domain) =>
      [COOKIE_PATH, ...OTHER_PATHS].map((path) => clearAt({ name, path, domain })),
    ),
  ];
}

/** Make the `Set-Cookie` line that takes the cookie of this host away. */
export function clearOwn(name: string): string {
  return clearAt({ name, path: COOKIE_PATH });
}

interface CookiePlace {
  readonly name: string;
  readonly path: string;
  readonly domain?: string;
}

/** Without Secure, a name that begins with `__Secure-` is not taken away either. */
function clearAt({ name, path, domain }: CookiePlace): string {
  return stringifySetCookie({ name, value: "", maxAge: 0, path, secure: true, ...(domain && { domain }) });
}

/** The host and the domains above it, the widest first: `example.com`, `auth.example.com`. */
function parentsOf(host: string): readonly string[] {
  if (!DOMAIN.test(host)) {
    return [];
  }
  const labels = host.split(".");
  return labels
    .slice(0, -1)
    .map((_, index) => labels.slice(index).join("."))
    .reverse();
}

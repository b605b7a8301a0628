import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { stringifySetCookie } from "cookie";

/** A cookie of a request. */
export interface CookiePair {
  readonly name: string;
  readonly value: string;
}

/** The path of our cookies: no other of the server ever gets to see them. */
const COOKIE_PATH = `/${SessionService.typeName}/`;

/** The attributes of cookies of ours: neither scripts nor other sites can get at them. */
export const OWN_COOKIE = { httpOnly: true, secure: true, sameSite: "strict", path: COOKIE_PATH } as const;

/** IP addresses have no parent; labels of letters only, digits and hyphens. */
const DOMAIN = /^[a-z\d-]+(\.[a-z\d-]+)*\.[a-z][a-z\d-]*$/;

/** How many bytes these lines may have in all, with their field names: nginx takes 4 KiB of header of an answer. */
const MAX_BYTES = 3_072;
const FIELD_BYTES = "set-cookie: \r\n".length;

/**
 * What browsers drop around names and values (RFC 6265bis §5.7), and no more: to one that takes a no-break space for part of a
 * name, such a cookie has neither the prefix `__Secure-` nor the name that it could be taken away by.
 */
const WHITE_SPACE = /^[ \t]+|[ \t]+$/g;

/** Read all cookies of these names, in the order of the request; browsers send one for each path and domain. */
export function readCookies(header: string | null, names: readonly string[]): readonly CookiePair[] {
  const pairs = (header ?? "").split(";").map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return { name: name.replace(WHITE_SPACE, ""), value: value.join("=").replace(WHITE_SPACE, "") };
  });
  return pairs.filter(({ name }) => names.includes(name));
}

/** Where cookies may have been planted that came with a call. */
export interface PlantedPlaces {
  /** The names that the browser may know this server by. */
  readonly hosts: readonly string[];
  /** The name of the method that was called. */
  readonly method: string;
}

/**
 * Make the `Set-Cookie` lines that take cookies away wherever another host of the domain, or another path, can have put
 * them so that they came with a call (RFC 6265 §5.1.4). What only this host can have written, without a domain and at
 * {@link COOKIE_PATH}, stays. When there are more places than an answer has room for, the widest domains, which more hosts
 * can write, come first.
 */
export function clearPlanted(names: readonly string[], { hosts, method }: PlantedPlaces): readonly string[] {
  const paths = ["/", `/${SessionService.typeName}`, `${COOKIE_PATH}${method}`];
  const domains = [...new Set(hosts.flatMap(parentsOf))];
  const places = [
    ...paths.map((path) => ({ path })),
    ...domains.flatMap((domain) => [COOKIE_PATH, ...paths].map((path) => ({ path, domain }))),
  ];
  let bytes = 0;
  return places
    .flatMap((place) => names.map((name) => clearAt({ name, ...place })))
    .filter((line) => {
      bytes += FIELD_BYTES + line.length;
      return bytes <= MAX_BYTES;
    });
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

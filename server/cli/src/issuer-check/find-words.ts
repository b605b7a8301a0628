import type { IssuerOptions } from "@countersign/server";
import { isObject, isText, memberOf, type TokenClaims } from "./claims-of.ts";

type Sources = NonNullable<NonNullable<IssuerOptions["claims"]>["roles"]>;

/** Where providers put scopes, beside `scope`. */
const SCOPE_CLAIMS: readonly string[] = ["scope", "scp", "permissions"];

/** Where providers put roles at the top of a token. */
const ROLE_CLAIMS: readonly string[] = ["roles", "role", "groups", "cognito:groups", "org_role"];

/** Where they put them further inside. */
const ROLE_PATHS: readonly (readonly string[])[] = [
  ["realm_access", "roles"],
  ["app_metadata", "roles"],
  ["app_metadata", "authorization", "roles"],
  ["o", "rol"],
  ["custom", "roles"],
];

/** The members that name a role, in a list of objects. */
const ROLE_MEMBERS: readonly string[] = ["value", "key", "name"];

/** How many places one token is searched for roles in the resources of clients. */
const MAX_CLIENTS = 5;

/** Find the claims that have scopes; undefined where the default finds them, or there are none. */
export function findScopes(claims: TokenClaims): Sources | undefined {
  const found = SCOPE_CLAIMS.filter((name) => isWords(memberOf(claims, name)));
  return found.length === 0 || (found.length === 1 && found[0] === "scope") ? undefined : one(found);
}

/** Find where roles are; undefined where the default finds them, or there are none. */
export function findRoles(claims: TokenClaims): Sources | undefined {
  const named = Object.keys(claims).filter(
    (name) => ROLE_CLAIMS.includes(name) || /^https?:.*\/(?:roles|groups)$/.test(name),
  );
  const top = named.flatMap((name) => sourcesOf(memberOf(claims, name), [name]));
  const deep = [...ROLE_PATHS, ...listClientPaths(claims)].flatMap((path) =>
    sourcesOf(path.reduce<unknown>(memberOf, claims), path),
  );
  const keyed = Object.keys(claims)
    .filter((name) => /^urn:zitadel:iam:org:project:(?:[^:]+:)?roles$/.test(name) && isObject(claims[name]))
    .map((name) => ({ path: [name], objectKeys: true as const }));
  const found = [...top, ...deep, ...keyed];
  return found.length === 0 || (found.length === 1 && found[0] === "roles") ? undefined : one(found);
}

type Source =
  | string
  | { readonly path: readonly string[]; readonly member?: string; readonly objectKeys?: true };

/** Keycloak has the roles of each client. */
function listClientPaths(claims: TokenClaims): readonly (readonly string[])[] {
  const clients = Object.keys(Object(memberOf(claims, "resource_access")));
  const own = clients.filter((client) => client !== "account");
  return own.slice(0, MAX_CLIENTS).map((client) => ["resource_access", client, "roles"]);
}

function sourcesOf(value: unknown, path: readonly string[]): readonly Source[] {
  const [name = "", ...deeper] = path;
  if (isWords(value)) {
    return [deeper.length === 0 ? name : { path }];
  }
  if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) {
    return [];
  }
  const member = ROLE_MEMBERS.find((known) => value.every((role) => isText(memberOf(role, known))));
  if (member === undefined) {
    return [];
  }
  return member === "value" && deeper.length === 0 ? [name] : [{ path, member }];
}

/** Text with words in it, or a list of texts. An empty list says as much: that there are none now. */
function isWords(value: unknown): boolean {
  return isText(value) || (Array.isArray(value) && value.every(isText));
}

function one<T>(list: readonly T[]): T | readonly T[] {
  const [first] = list;
  return list.length === 1 && first !== undefined ? first : list;
}

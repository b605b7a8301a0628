import type { IssuerOptions } from "@countersign/server";
import * as v from "valibot";
import { ALGORITHMS } from "./algorithms.ts";
import { exchange } from "./exchange-schema.ts";
import { KEY_MEMBERS, keys } from "./key-schema.ts";
import { logout } from "./logout-schema.ts";
import {
  choose,
  claimValue,
  described,
  flag,
  name,
  names,
  objectOf,
  oneOrMore,
  option,
  recordOf,
} from "./schema-parts.ts";
import { sharedSignals } from "./shared-signals-schema.ts";

/** Schemas for each member of a type: one that is added to the type does not compile until it is here. */
type MembersOf<T> = Record<keyof Required<T>, v.GenericSchema>;

/** Where words stand in a claim that is no text at the top. */
const claimPath = objectOf({
  path: v.pipe(names, v.description("The names of the members that lead to it, from the outside in.")),
  member: option(name, "The member that has the word, in a list of objects. Default: value."),
  objectKeys: option(v.literal(true, "must be true, or absent"), "The keys of the object are the words."),
});

const noSource = v.never("must be the name of a claim, or an object with the path to it");

/** A claim by its name, or by the path to it. */
export const claimSource = choose<typeof name | typeof claimPath | typeof noSource>(
  [name, claimPath],
  (input) => {
    if (typeof input === "string") {
      return name;
    }
    return typeof input === "object" && input !== null ? claimPath : noSource;
  },
);

const claims = {
  scopes: option(oneOrMore(claimSource), "The claims that have scopes; several are joined. Default: scope."),
  roles: option(oneOrMore(claimSource), "The claims that have roles; several are joined. Default: roles."),
  subject: option(
    oneOrMore(claimSource),
    "The claims that have the subject; the first that the token has counts. Default: sub.",
  ),
  clientId: option(
    oneOrMore(claimSource),
    "The claims that may have the client: the first that is there. Default: client_id, then azp.",
  ),
  audience: option(claimSource, "The claim that has the audience, such as client_id. Default: aud."),
} satisfies MembersOf<NonNullable<IssuerOptions["claims"]>>;

const tenants = {
  claim: option(name, "The claim that names the tenant. Default: tid."),
  allowed: v.pipe(names, v.description("The tenants whose tokens are accepted.")),
} satisfies MembersOf<NonNullable<IssuerOptions["tenants"]>>;

const insecure = {
  allowMissingType: option(flag, "Take tokens without header typ: an ID token may pass. Default: false."),
  maxTokenLifeSeconds: option(
    v.pipe(v.number("must be a number of seconds"), v.gtValue(0, "must be more than 0")),
    "How long tokens may live, in seconds. Default: 86400, a day.",
  ),
  allowMissingIssuedAt: option(flag, "Take tokens without claim iat. Default: false."),
  allowMissingSubject: option(flag, "Take tokens without a subject. Default: false."),
  allowMissingAudience: option(
    flag,
    "Take tokens without an audience, which may be for others. Default: false.",
  ),
  allowHttpHosts: option(
    names,
    "Hosts of a private network whose keys may be fetched over http://, such as keycloak:8080. Default: none.",
  ),
} satisfies MembersOf<NonNullable<IssuerOptions["insecure"]>>;

/** The members of an issuer, complete by type, but for its name and its keys. */
const members = {
  identifiedBy: option(
    v.picklist(["iss", "spiffe_id"], "must be iss or spiffe_id"),
    "What names the issuer in a token: claim iss, or the trust domain in a SPIFFE ID. Default: iss.",
  ),
  tenants: option(objectOf(tenants), "The tenants of an issuer whose name has {tenantid} in it."),
  audiences: option(names, "Whom its tokens must be for. Default: the audience of the server."),
  tokenAudience: option(
    oneOrMore(name),
    "The audience of its tokens, or the several that they can be for, if known: the start fails when none is accepted.",
  ),
  algorithms: option(
    v.pipe(v.array(v.picklist(ALGORITHMS)), v.nonEmpty("must not be empty")),
    "What it signs with. Default: EdDSA, Ed25519, ES256, PS256 and RS256; with a shared secret, HS256.",
  ),
  types: option(names, "The accepted values of header typ. Default: at+jwt."),
  claims: option(objectOf(claims), "Which claims have scopes, roles and the like."),
  requiredClaims: option(
    recordOf(oneOrMore(claimValue)),
    "Claims that a token must have, with exactly this value or one of these. Default: none.",
  ),
  presentClaims: option(names, "Claims that a token must have, whatever they say. Default: none."),
  forbiddenClaims: option(names, "Claims that a token must not have. Default: none."),
  requireProfileClaims: option(
    flag,
    "Whether tokens must have jti and client_id (RFC 9068). Default: false.",
  ),
  logout: option(
    logout,
    "The logouts that it sends to /backchannel-logout (OpenID Connect Back-Channel Logout). Default: none are taken.",
  ),
  sharedSignals: option(
    sharedSignals,
    "The security events of its sessions and accounts, such as CAEP and RISC. Default: none are taken.",
  ),
  insecure: option(
    objectOf(insecure),
    "What this issuer cannot do better. A warning at each start names it.",
  ),
} satisfies Omit<MembersOf<Omit<IssuerOptions, "signals">>, "issuer" | "keys">;

/** How the file had it before `keys`. It is read for one release more. */
const flatKeys = {
  jwks: option(v.looseObject({}), "Deprecated: put it into keys."),
  jwksUri: option(name, "Deprecated: put it into keys."),
  discovery: option(v.literal(true, "must be true, or absent"), "Deprecated: put it into keys."),
};

/** The members that say where keys are, in the flat form. */
export const FLAT_KEYS: readonly (keyof typeof flatKeys)[] = ["jwks", "jwksUri", "discovery"];

const exchanging = {
  exchange: option(exchange, "What its tokens can be exchanged for. Default: they cannot."),
  clientsOnly: option(
    flag,
    "Its tokens authenticate clients that it vouches for, and are not accepted in calls. Default: false.",
  ),
};

const issuer = described(name, "The exact value of claim iss.");

/** What is looked for at the top stands further inside. */
const INSIDE: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    claims: Object.keys(claims),
    tenants: ["allowed"],
    insecure: Object.keys(insecure),
    keys: KEY_MEMBERS,
  }).flatMap(([parent, names]) => names.map((member) => [member, `${parent}.${member}`])),
);

/** An issuer. */
export const issuerEntry = objectOf(
  {
    issuer,
    keys: described(keys, "Where its keys are: one place, or several that are joined."),
    ...members,
    ...exchanging,
  },
  INSIDE,
);

/** An issuer in the flat form. */
export const flatEntry = v.pipe(
  objectOf({ issuer, ...flatKeys, ...members, ...exchanging }),
  v.check(
    (entry) => FLAT_KEYS.filter((location) => location in entry).length === 1,
    "needs exactly one of jwks, jwksUri and discovery: true, in keys",
  ),
);

/** What stands beside the options of a preset: instead of what the preset says, or besides. */
export const besidePreset = {
  keys: option(keys, "Where its keys are, instead of where the preset says."),
  ...members,
  ...exchanging,
};

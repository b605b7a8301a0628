import type { IssuerOptions } from "@countersign/server";
import { toFactText, toMembersText, type UnverifiedJws } from "@countersign/server/internal";
import { isText, type TokenClaims, textOf } from "./claims-of.ts";
import { findRoles, findScopes } from "./find-words.ts";
import { audienceOf } from "./providers.ts";

/** Options of an issuer that a token asks for. */
export type TokenOptions = Pick<
  IssuerOptions,
  "audiences" | "claims" | "forbiddenClaims" | "insecure" | "requiredClaims" | "types"
>;

/** What a token says of its issuer. */
export interface TokenShape {
  /** What can be shown of it, by what it is. */
  readonly facts: Readonly<Record<string, string>>;
  /** The options that it asks for. */
  readonly options: TokenOptions;
  /** What is unusual about it, each as a sentence. */
  readonly notes: readonly string[];
}

/** The longest life of a token that is accepted without an option, in seconds. */
const MAX_LIFE_SECONDS = 24 * 60 * 60;

/** The longest that an option is printed for, in seconds: a year and a day. */
const LONGEST_LIFE_SECONDS = 366 * MAX_LIFE_SECONDS;

/** What ID tokens have and access tokens have not. */
const ID_TOKEN_CLAIMS: readonly string[] = ["nonce", "at_hash", "c_hash"];

/**
 * Look at the form of a token, which is not verified.
 *
 * @param audiences whom tokens must be for, where that is said
 */
export function lookAtToken({ header, payload }: UnverifiedJws, audiences: readonly string[]): TokenShape {
  const parts = [
    lookAtType(header),
    lookAtAudience(payload, audiences),
    lookAtClaims(payload),
    lookAtUse(payload),
    lookAtLife(payload),
  ];
  const {
    claims: _claims,
    insecure: _insecure,
    ...others
  }: TokenOptions = Object.assign({}, ...parts.map(({ options }) => options));
  const claims = Object.assign({}, ...parts.map(({ options }) => options?.claims));
  const insecure = Object.assign({}, ...parts.map(({ options }) => options?.insecure));
  return {
    facts: {
      alg: toFactText(header.alg),
      typ: toFactText(header.typ),
      kid: toFactText(header.kid),
      iss: toFactText(payload.iss),
      aud: toFactText(payload.aud),
      claims: Object.keys(payload).slice(0, 40).map(toFactText).join(" "),
    },
    options: {
      ...others,
      ...(Object.keys(claims).length === 0 ? {} : { claims }),
      ...(Object.keys(insecure).length === 0 ? {} : { insecure }),
    },
    notes: parts.flatMap(({ notes }) => notes ?? []),
  };
}

interface Part {
  readonly options?: TokenOptions;
  readonly notes?: readonly string[];
}

function lookAtType({ typ }: UnverifiedJws["header"]): Part {
  if (!isText(typ)) {
    const note =
      "it has no header typ: what tells it from an ID token must be its audience, or requiredClaims";
    return { options: { insecure: { allowMissingType: true } }, notes: [note] };
  }
  return /^(?:application\/)?at\+jwt$/i.test(typ) ? {} : { options: { types: [typ] } };
}

function lookAtAudience(payload: TokenClaims, audiences: readonly string[]): Part {
  const found = audienceOf(payload);
  if (found !== undefined) {
    const names = typeof found === "string" ? [found] : found;
    const isKeycloaks =
      names.length === 1 && names[0] === "account" && Object.hasOwn(payload, "realm_access");
    const isMeant = audiences.length === 0 || names.some((name) => audiences.includes(name));
    const notes = [
      ...(isMeant ? [] : [`it is for ${toMembersText(names)}, not for ${toMembersText(audiences)}`]),
      ...(isKeycloaks
        ? [
            "its audience, account, is in the tokens of every client of the realm: have an audience mapper name your API",
          ]
        : []),
    ];
    return { options: { audiences: audiences.length === 0 ? names : audiences }, notes };
  }
  const [claim] = ["client_id", "azp", "cid", "appid"].filter((name) => textOf(payload, name) !== undefined);
  if (claim === undefined) {
    const note = "it has no audience: a token that was made for another server is accepted, too";
    return { options: { insecure: { allowMissingAudience: true } }, notes: [note] };
  }
  const note = Object.hasOwn(payload, "realm_access")
    ? "it has no aud: have an audience mapper of the realm name your API"
    : `it has no aud: ${claim} takes its place, so name the clients whose tokens you accept`;
  return {
    options: { claims: { audience: claim }, audiences: [textOf(payload, claim) ?? ""] },
    notes: [note],
  };
}

function lookAtClaims(payload: TokenClaims): Part {
  const scopes = findScopes(payload);
  const roles = findRoles(payload);
  const hasClient = ["client_id", "azp"].some((name) => textOf(payload, name) !== undefined);
  const [client] = ["cid", "appid"].filter((name) => textOf(payload, name) !== undefined);
  const hasSubject = textOf(payload, "sub") !== undefined;
  return {
    options: {
      claims: {
        ...(scopes === undefined ? {} : { scopes }),
        ...(roles === undefined ? {} : { roles }),
        ...(hasClient || client === undefined ? {} : { clientId: client }),
      },
      ...(hasSubject ? {} : { insecure: { allowMissingSubject: true } }),
    },
    notes: [
      ...(hasSubject ? [] : ["it has no subject"]),
      ...(Object.hasOwn(payload, "cnf")
        ? ["it is bound to a key (cnf), and the gate takes no proof of that yet"]
        : []),
    ],
  };
}

/** The options for an ID token are those that refuse it: what is asked for is an access token of the same issuer. */
function lookAtUse(payload: TokenClaims): Part {
  const uses = textOf(payload, "token_use");
  const ofIdTokens = ID_TOKEN_CLAIMS.filter((name) => Object.hasOwn(payload, name));
  const required = {
    ...(uses === undefined ? {} : { token_use: uses === "id" ? "access" : uses }),
    ...(payload.typ === "ID" ? { typ: "Bearer" } : {}),
  };
  const isId = ofIdTokens.length > 0 || uses === "id" || payload.typ === "ID";
  return {
    options: {
      ...(Object.keys(required).length === 0 ? {} : { requiredClaims: required }),
      ...(ofIdTokens.length === 0 ? {} : { forbiddenClaims: ofIdTokens }),
    },
    notes: isId
      ? ["it looks like an ID token, which is for a client and not for a server: get an access token"]
      : [],
  };
}

function lookAtLife({ iat, exp }: TokenClaims): Part {
  if (typeof exp !== "number") {
    return { notes: ["it has no exp: the gate accepts no token that does not expire"] };
  }
  if (typeof iat !== "number") {
    return { options: { insecure: { allowMissingIssuedAt: true } }, notes: ["it has no iat"] };
  }
  const seconds = exp - iat;
  if (seconds > LONGEST_LIFE_SECONDS) {
    return {
      notes: ["it lives for more than a year: no option is printed for that, have its issuer shorten it"],
    };
  }
  return seconds > MAX_LIFE_SECONDS
    ? {
        options: { insecure: { maxTokenLifeSeconds: Math.ceil(seconds) } },
        notes: [`it lives for ${Math.round(seconds / 3600)} hours, and a day is the most without an option`],
      }
    : {};
}

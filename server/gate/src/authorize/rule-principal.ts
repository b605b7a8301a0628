import { type CelInput, type CelMap, celList } from "@bufbuild/cel";
import type { Actor, Principal } from "../authenticate/principal.ts";
import { toNamedValues } from "./named-values.ts";
import type { RuleClaims } from "./rule-claims.ts";
import { listOf, type RecordType, type RuleType, SCALARS } from "./rule-type.ts";

/** One member of an object in a rule, in the naming of protos. */
interface Member<Source> {
  readonly type: RuleType;
  /** @returns undefined: it is absent */
  readonly read: (source: Source) => CelInput | undefined;
}

type Members<Source> = Readonly<Record<string, Member<Source>>>;

const TEXTS = listOf(SCALARS.string);

/** A party that acts for the subject. */
const ACTOR_MEMBERS: Members<Actor> = {
  subject: text(({ subject }) => subject),
  issuer: text(({ issuer }) => issuer),
  client_id: text(({ clientId }) => clientId),
  actor: {
    get type() {
      return ACTOR_TYPE;
    },
    read: ({ actor }) => (actor === undefined ? undefined : toRuleActor(actor)),
  },
};
const ACTOR_TYPE = toRecord("principal.actor", ACTOR_MEMBERS);

/** All but whether the caller is anonymous, and the claims. */
const PRINCIPAL_MEMBERS: Members<Principal> = {
  subject: text(({ subject }) => subject),
  issuer: text(({ issuer }) => issuer),
  client_id: text(({ clientId }) => clientId),
  session_id: text(({ sessionId }) => sessionId),
  token_id: text(({ tokenId }) => tokenId),
  acr: text(({ acr }) => acr),
  scopes: { type: TEXTS, read: ({ scopes }) => celList(scopes) },
  roles: { type: TEXTS, read: ({ roles }) => celList(roles) },
  audience: { type: TEXTS, read: ({ audience }) => celList(audience) },
  amr: { type: TEXTS, read: ({ amr }) => celList(amr) },
  auth_time: seconds(({ authTimeSeconds }) => authTimeSeconds),
  expires_at: seconds(({ expiresAtSeconds }) => expiresAtSeconds),
  actor: { type: ACTOR_TYPE, read: ({ actor }) => (actor === undefined ? undefined : toRuleActor(actor)) },
};

/** What anyone has, also a caller without a token. Lists are empty: there is nothing in them. */
const ANONYMOUS_MEMBERS: Readonly<Record<string, CelInput>> = {
  anonymous: true,
  scopes: celList([]),
  roles: celList([]),
  audience: celList([]),
  amr: celList([]),
  claims: toNamedValues({ names: () => [], read: () => undefined }),
};
const ANONYMOUS = toNamedValues({
  names: () => Object.keys(ANONYMOUS_MEMBERS),
  read: (name) => readOwn(ANONYMOUS_MEMBERS, name),
});

/** An empty text is none: it must not equal an empty field of a message. */
function text<Source>(read: (source: Source) => string | undefined): Member<Source> {
  return { type: SCALARS.string, read: (source) => read(source) || undefined };
}

function seconds(read: (principal: Principal) => number | undefined): Member<Principal> {
  return {
    type: SCALARS.int,
    read(principal) {
      const value = read(principal);
      return value === undefined ? undefined : BigInt(Math.floor(value));
    },
  };
}

/** What `principal` is in the rules of a server. */
export interface RulePrincipals {
  /** What is known of it before any call. */
  readonly type: RecordType;
  /**
   * Find what a rule sees of a caller. A member that the caller does not have is absent, which is an error in a rule.
   *
   * @param principal undefined: the caller is anonymous
   */
  of(principal: Principal | undefined): CelMap;
}

/**
 * Create what shows principals to rules. What a rule has read of a principal is kept with it, not made anew for every
 * message.
 *
 * @param claims how rules see the claims of tokens
 */
export function createRulePrincipals(claims: RuleClaims): RulePrincipals {
  const members: Members<Principal> = {
    anonymous: { type: SCALARS.bool, read: () => false },
    ...PRINCIPAL_MEMBERS,
    claims: { type: claims.type, read: claims.read },
  };
  const known = new WeakMap<Principal, CelMap>();
  return {
    type: toRecord("principal", members),
    of(principal) {
      if (principal === undefined) {
        return ANONYMOUS;
      }
      const found = known.get(principal) ?? toRuleObject(members, principal);
      known.set(principal, found);
      return found;
    },
  };
}

function toRuleActor(actor: Actor): CelMap {
  return toRuleObject(ACTOR_MEMBERS, actor);
}

function toRuleObject<Source>(members: Members<Source>, source: Source): CelMap {
  return toNamedValues({
    names: () => Object.keys(members),
    read: (name) => readOwn(members, name)?.read(source),
  });
}

function toRecord<Source>(label: string, members: Members<Source>): RecordType {
  return { kind: "record", label, memberOf: (name) => readOwn(members, name)?.type };
}

function readOwn<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

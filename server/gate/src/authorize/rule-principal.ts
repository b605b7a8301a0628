import { type CelInput, type CelMap, celList } from "@bufbuild/cel";
import type { Actor, Principal } from "../authenticate/principal.ts";
import type { AlternativeNames, CertificateHolder, ClientCertificate } from "../kernel/client-certificate.ts";
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

/** The names of a certificate beside its subject. */
const NAMES_MEMBERS: Members<AlternativeNames> = {
  uri: { type: TEXTS, read: ({ uri }) => celList(uri) },
  dns: { type: TEXTS, read: ({ dns }) => celList(dns) },
  email: { type: TEXTS, read: ({ email }) => celList(email) },
  ip: { type: TEXTS, read: ({ ip }) => celList(ip) },
};

/** A certificate that an authority vouches for. */
const CERTIFICATE_MEMBERS: Members<ClientCertificate> = {
  subject: text(({ subject }) => subject),
  san: {
    type: toRecord("principal.certificate.san", NAMES_MEMBERS),
    read: ({ san }) => toRuleObject(NAMES_MEMBERS, san),
  },
};
const CERTIFICATE_TYPE = toRecord("principal.certificate", CERTIFICATE_MEMBERS);

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
  binding: { type: SCALARS.string, read: ({ binding }) => binding?.kind ?? "" },
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
  binding: "",
  claims: toNamedValues({ names: () => [], read: () => undefined }),
};

function toAnonymous(certificate: ClientCertificate | undefined): CelMap {
  const members = {
    ...ANONYMOUS_MEMBERS,
    ...(certificate && { certificate: toRuleCertificate(certificate) }),
  };
  return toNamedValues({ names: () => Object.keys(members), read: (name) => readOwn(members, name) });
}

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
   * @param holder has the certificate of the client. Undefined: the rule does not ask for it
   * @throws AuthError `TOKEN_INVALID` when a proxy has sent what is no certificate
   */
  of(principal: Principal | undefined, holder?: CertificateHolder): CelMap;
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
  const anonymous = toAnonymous(undefined);
  const known = new WeakMap<Principal, CelMap>();
  const certified = new WeakMap<ClientCertificate, WeakMap<Principal, CelMap>>();

  /** One object for each pair: what a rule has read of it is kept, and must not be taken for that of another client. */
  function withCertificate(principal: Principal | undefined, certificate: ClientCertificate): CelMap {
    if (principal === undefined) {
      return toAnonymous(certificate);
    }
    const ofPrincipals = certified.get(certificate) ?? new WeakMap<Principal, CelMap>();
    certified.set(certificate, ofPrincipals);
    const shown = { type: CERTIFICATE_TYPE, read: () => toRuleCertificate(certificate) };
    const found = ofPrincipals.get(principal) ?? toRuleObject({ ...members, certificate: shown }, principal);
    ofPrincipals.set(principal, found);
    return found;
  }

  return {
    type: toRecord("principal", {
      ...members,
      certificate: { type: CERTIFICATE_TYPE, read: () => undefined },
    }),
    of(principal, holder) {
      const certificate = holder?.certificate;
      if (certificate?.isVerified === true) {
        return withCertificate(principal, certificate);
      }
      if (principal === undefined) {
        return anonymous;
      }
      const found = known.get(principal) ?? toRuleObject(members, principal);
      known.set(principal, found);
      return found;
    },
  };
}

function toRuleCertificate(certificate: ClientCertificate): CelMap {
  return toRuleObject(CERTIFICATE_MEMBERS, certificate);
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

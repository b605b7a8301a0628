import type { AuditSink, Clock } from "@countersign/server";
import type { ClientEvent } from "@countersign/server/internal";
import type { ClientCertificateRule } from "../store/client-certificate-rule.ts";
import type { ClientTrust } from "../store/client-trust.ts";
import {
  type ClientChange,
  type ClientRecord,
  findClient,
  insertClient,
  listClients,
  replaceClientKey,
} from "../store/clients.ts";
import { type CustomClaims, copyClaims } from "../store/custom-claims.ts";
import type { Store } from "../store/database.ts";
import { OWN_ISSUER, type RevocationRecord } from "../store/revocations.ts";
import { changeClient } from "../store/rights-changes.ts";
import { toClientChanges } from "./changed-rights.ts";
import { assertClientId, assertGrants, assertTokens } from "./client-names.ts";
import { createProof, toKeyChange } from "./client-proof.ts";
import { type ClientUpdate, eventsOfClientUpdate, toClientChange } from "./client-update.ts";

/** What {@link createClients} needs. */
export interface ClientsOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Learns of every change. Default: none. */
  readonly audit?: AuditSink<ClientEvent>;
  /** Ends the sessions of a client that is disabled, its own and those that it has for others. */
  readonly sessions: {
    end(end: {
      readonly where: { readonly clientId: string };
      readonly reason: "client_disabled" | "revoked_by_operator";
    }): Promise<unknown>;
  };
  /** Revokes the tokens that it holds for others. */
  readonly revocations: {
    revoke(order: {
      /** The issuer that the clients are of. Others may have clients of the same name. */
      readonly issuer: typeof OWN_ISSUER;
      readonly clientId: string;
      readonly reason: "client_disabled" | "revoked_by_operator";
    }): Promise<unknown>;
    /** Takes in what this server has just written of what its tokens say. Absent: nothing does. */
    learn?(records: readonly RevocationRecord[]): void;
  };
  /** Whether a hook says what claims tokens have: then those of the store are not what they say. Default false. */
  readonly hasClaimsHook?: boolean;
}

/** A new client. */
export interface NewClient {
  /** 1 to 128 letters, digits and `._~-`. */
  readonly clientId: string;
  /** The most that its tokens can be granted. */
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** The grant types that it may use. */
  readonly grants: readonly string[];
  /** Whether it may ask about tokens of others. */
  readonly mayIntrospect: boolean;
  /** Its public keys, as a JWK Set in JSON. With none of these, `trust` and `certificate`, it gets a secret. */
  readonly jwks?: string | undefined;
  /** The other issuer whose tokens prove who it is, and whom they are about: up to 64 subjects. */
  readonly trust?: ClientTrust | undefined;
  /** The certificate that proves who it is. Its tokens are bound to the one that it shows. */
  readonly certificate?: ClientCertificateRule | undefined;
  /** What its own access tokens say beside what the issuer puts in. Default: nothing. */
  readonly claims?: CustomClaims | undefined;
}

/** A client, and the secret that was made for it. */
export interface ClientWithSecret {
  readonly client: ClientRecord;
  /** The only time that it is seen; undefined for a client that proves itself otherwise. */
  readonly secret: string | undefined;
}

/** The new proof of a client. */
export interface ClientRotation {
  /** How long the secret before stays good, in milliseconds. */
  readonly overlapMs: number;
  /** Its new public keys. With none of these, `trust` and `certificate`, it gets a new secret. */
  readonly jwks?: string | undefined;
  /** The other issuer whose tokens prove from now on who it is. */
  readonly trust?: ClientTrust | undefined;
  /** The certificate that proves from now on who it is. */
  readonly certificate?: ClientCertificateRule | undefined;
}

/** The clients, for those who run the server. */
export interface Clients {
  /** Add a client. @throws Error when there is one with its identifier, or a part of it is no good */
  create(client: NewClient): Promise<ClientWithSecret>;
  /** Find a client by its identifier. */
  find(clientId: string): Promise<ClientRecord | undefined>;
  /** List every client by its identifier. */
  list(): Promise<readonly ClientRecord[]>;
  /**
   * Give a client a new secret, while the one before stays good for a time; or new keys or subjects of another issuer, at
   * once. A secret before that one is no longer good.
   *
   * @throws Error when there is no such client, the keys or subjects are no good, or another client is one of these
   */
  rotate(clientId: string, rotation: ClientRotation): Promise<ClientWithSecret>;
  /**
   * Change what a client may do. Servers judge its calls and streams by that within a second, also with tokens of before:
   * those that still qualify go on.
   *
   * @throws Error when there is no such client, or a part of the change is no good
   */
  update(clientId: string, change: ClientUpdate): Promise<ClientRecord>;
  /** Let a client in no more, and revoke its tokens. @throws Error when there is no such client */
  disable(clientId: string): Promise<void>;
  /** Let a disabled client in again. @throws Error when there is no such client */
  enable(clientId: string): Promise<void>;
}

/** Create the keeper of clients. */
export function createClients(options: ClientsOptions): Clients {
  const { store, clock, sessions, revocations } = options;
  const record = (type: ClientEvent["type"], clientId: string): void =>
    options.audit?.record({ type, clientId });
  const get = async (clientId: string): Promise<ClientRecord> => {
    const client = await findClient(store, clientId);
    if (client === undefined) {
      throw noSuchClient();
    }
    return client;
  };
  const revoke = async (clientId: string, reason: "client_disabled" | "revoked_by_operator") => {
    await sessions.end({ where: { clientId }, reason });
    await revocations.revoke({ issuer: OWN_ISSUER, clientId, reason });
  };
  const write = async (clientId: string, change: ClientChange): Promise<ClientRecord> => {
    const { hasClaimsHook } = options;
    const changed = await changeClient(store, { clientId, change }, (before, after) =>
      toClientChanges(clientId, { before, after, nowMs: clock.nowMs(), hasClaimsHook }),
    );
    if (changed === undefined) {
      throw noSuchClient();
    }
    revocations.learn?.(changed.revocations);
    return changed.record;
  };
  const update: Clients["update"] = async (clientId, wanted) => {
    const change = toClientChange(wanted, clock.nowMs());
    const client = await get(clientId);
    const isChanged = Object.values(change).some((value) => value !== undefined);
    const changed = isChanged ? await write(clientId, change) : client;
    eventsOfClientUpdate(wanted).forEach((type) => {
      record(type, clientId);
    });
    if (wanted.disabled === true) {
      await revoke(clientId, "client_disabled");
    } else if (wanted.revokeTokens === true) {
      await revoke(clientId, "revoked_by_operator");
    }
    return changed;
  };
  return {
    async create(input) {
      const made = await toRecord(input, clock.nowMs());
      if (!(await insertClient(store, made.client))) {
        throw new Error("there is a client with this identifier");
      }
      record("client_added", input.clientId);
      return made;
    },
    find: (clientId) => findClient(store, clientId),
    list: () => listClients(store),
    async rotate(clientId, { overlapMs, jwks, trust, certificate }) {
      await get(clientId);
      const proof = await createProof({ jwks, trust, certificate });
      await replaceClientKey(store, clientId, toKeyChange(proof, clock.nowMs() + overlapMs));
      record("client_rotated", clientId);
      return { client: await get(clientId), secret: proof.secret };
    },
    update,
    async disable(clientId) {
      await update(clientId, { disabled: true });
    },
    async enable(clientId) {
      await update(clientId, { disabled: false });
    },
  };
}

function noSuchClient(): Error {
  return new Error("there is no such client");
}

async function toRecord(input: NewClient, nowMs: number): Promise<ClientWithSecret> {
  const { clientId, scopes, roles, grants, mayIntrospect, claims = {} } = input;
  assertClientId(clientId);
  assertTokens([...scopes, ...roles]);
  assertGrants(grants);
  const { secret, ...proof } = await createProof(input);
  const client = {
    ...proof,
    clientId,
    scopes: [...new Set(scopes)],
    roles: [...new Set(roles)],
    grants: [...new Set(grants)],
    mayIntrospect,
    claims: copyClaims(claims),
    previousSecretHash: undefined,
    previousSecretExpiresAtMs: undefined,
    disabledAtMs: undefined,
    createdAtMs: nowMs,
  };
  return { client, secret };
}

import type { ClientRecord, ClientUpdate, ClientWithSecret } from "@countersign/issuer";
import { type ObjectAnswer, toAnswer, toListAnswer } from "./answer.ts";
import { readClaims, readNewClaims } from "./claim-options.ts";
import { formatRule, NEW_PROOFS, proofOf, readProof } from "./client-proof.ts";
import { DEFAULT_GRANT, DEFAULT_OVERLAP } from "./commands/store-options.ts";
import { type CommandLine, namesOf } from "./config.ts";
import { parseDuration } from "./duration.ts";
import { assertChange, formatRights, readNewRights } from "./new-rights.ts";
import { onStore } from "./on-store.ts";
import { type Fact, formatTime } from "./table.ts";
import { UsageError } from "./usage-error.ts";

/** What `SignalService` asks of a client whose servers watch, and have each other's streams renewed. */
const SIGNAL_SCOPES = ["signals:read", "signals:renew"];

/** What `countersign client` does. */
export const clientActions = {
  add: onStore(
    async ({ backend, argument: clientId, line }) => {
      const { scope, role, grant, introspect, signals } = line.values;
      const proof = await readProof(line);
      const made = await backend.clients.create({
        clientId,
        scopes: [...namesOf(scope), ...(signals === true ? SIGNAL_SCOPES : [])],
        roles: namesOf(role),
        grants: grant === undefined ? [DEFAULT_GRANT] : namesOf(grant),
        mayIntrospect: introspect === true,
        claims: readClaims(line),
        ...proof,
      });
      return showSecret(made, "was added");
    },
    { mayCreate: true },
  ),
  list: onStore(async ({ backend }) => toListAnswer(COLUMNS, (await backend.clients.list()).map(toRow))),
  set: onStore(async ({ backend, argument: clientId, line }) => {
    const claims = await readNewClaims(line, async () => (await backend.clients.find(clientId))?.claims);
    const change = readClientUpdate(line, claims);
    const client = await backend.clients.update(clientId, change);
    const effect = change.revokeTokens
      ? "its tokens are revoked"
      : "its calls and streams are judged by that within a second";
    const { scopes, roles, grants, mayIntrospect } = client;
    const rights = formatRights({ scopes, roles, grants }, client.claims);
    const text = [`${clientId} now has ${rights}${mayIntrospect ? ", and may introspect" : ""}; ${effect}.`];
    return toAnswer(text, toRow(client));
  }),
  rotate: onStore(async ({ backend, argument: clientId, line: { values }, line }) => {
    const overlapMs = parseDuration(String(values.overlap ?? DEFAULT_OVERLAP));
    const proof = await readProof(line);
    const isSecret = Object.values(proof).every((given) => given === undefined);
    if (overlapMs === undefined || (values.overlap !== undefined && !isSecret)) {
      throw new UsageError(
        "give either --jwks FILE or --overlap with a duration such as 0s or 24h, or --trust-issuer ISSUER, or a certificate",
      );
    }
    const made = await backend.clients.rotate(clientId, { overlapMs, ...proof });
    return showSecret(made, `has ${NEW_PROOFS[proofOf(made.client)]}`);
  }),
  disable: onStore(async ({ backend, argument: clientId }) => {
    await backend.clients.disable(clientId);
    const text = [`${clientId} is disabled; its tokens are revoked.`];
    return toAnswer(text, { client: clientId, disabled: true });
  }),
  enable: onStore(async ({ backend, argument: clientId }) => {
    await backend.clients.enable(clientId);
    return toAnswer([`${clientId} is enabled.`], { client: clientId, disabled: false });
  }),
};

/** @throws UsageError when nothing is to change */
function readClientUpdate(
  line: CommandLine,
  claims: ClientUpdate["claims"],
): ClientUpdate & { readonly revokeTokens: boolean } {
  const { grant, introspect, "no-introspect": noIntrospect, revoke } = line.values;
  if (introspect === true && noIntrospect === true) {
    throw new UsageError("give --introspect or --no-introspect, not both");
  }
  const isIntrospectGiven = introspect === true || noIntrospect === true;
  const { scopes, roles } = readNewRights(line);
  const change = {
    scopes,
    roles,
    grants: grant === undefined ? undefined : namesOf(grant),
    mayIntrospect: isIntrospectGiven ? introspect === true : undefined,
    claims,
  };
  assertChange(change);
  return { ...change, revokeTokens: revoke === true };
}

/** A secret goes to standard output, and so into a file or a pipe. */
function showSecret({ client, secret }: ClientWithSecret, what: string): ObjectAnswer {
  const row = toRow(client);
  const text = `${client.clientId} ${what}.`;
  if (secret === undefined) {
    return toAnswer([text], row);
  }
  return toAnswer([text, `Its secret, which is not shown again: ${secret}`], { ...row, secret });
}

const COLUMNS = [
  "client",
  "proof",
  "scopes",
  "roles",
  "grants",
  "introspects",
  "created",
  "disabled",
  "claims",
  "issuer",
  "subjects",
  "certificate",
] as const;

function toRow(client: ClientRecord): Readonly<Record<(typeof COLUMNS)[number], Fact>> {
  return {
    client: client.clientId,
    proof: proofOf(client),
    issuer: client.trust?.issuer,
    subjects: client.trust?.subjects,
    certificate: formatRule(client.certificate),
    scopes: client.scopes,
    roles: client.roles,
    grants: client.grants,
    claims: client.claims,
    introspects: client.mayIntrospect,
    created: formatTime(client.createdAtMs),
    disabled: formatTime(client.disabledAtMs),
  };
}

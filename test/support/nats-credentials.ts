import { nkeys as nats, type nkeys } from "@nats-io/transport-node";

type Pair = ReturnType<typeof nkeys.createUser>;

const JWT_HEADER = { typ: "JWT", alg: "ed25519-nkey" };

/** The configuration of a NATS server that knows its users by tokens, and the credentials of one of them, as `nsc` makes both. */
export interface NatsOperator {
  readonly config: string;
  readonly creds: string;
}

/** Make an operator with one account and one user. @param subject what the user may publish and subscribe to, such as `a.>` */
export function createNatsOperator(subject: string): NatsOperator {
  const [operator, account, user] = [nats.createOperator(), nats.createAccount(), nats.createUser()];
  const limits = { subs: -1, data: -1, payload: -1 };
  const ofAccount = { ...limits, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const permissions = { pub: { allow: [subject] }, sub: { allow: [subject] } };
  const accountJwt = signJwt(operator, account, { type: "account", limits: ofAccount });
  const userJwt = signJwt(account, user, { type: "user", ...limits, ...permissions });
  return {
    config: [
      `operator: ${signJwt(operator, operator, { type: "operator" })}`,
      "resolver: MEMORY",
      `resolver_preload: { ${account.getPublicKey()}: ${accountJwt} }`,
    ].join("\n"),
    creds: [
      ...["-----BEGIN NATS USER JWT-----", userJwt, "------END NATS USER JWT------", ""],
      ...["-----BEGIN USER NKEY SEED-----", seedOf(user), "------END USER NKEY SEED------", ""],
    ].join("\n"),
  };
}

/** Make a user that a server knows by its public key, and its seed. */
export function createNatsUser(): { readonly config: string; readonly seed: string } {
  const user = nats.createUser();
  return { config: `authorization: { users: [{ nkey: ${user.getPublicKey()} }] }`, seed: seedOf(user) };
}

function signJwt(by: Pair, of: Pair, claims: object): string {
  const body = {
    jti: of.getPublicKey(),
    iat: Math.floor(Date.now() / 1_000),
    iss: by.getPublicKey(),
    sub: of.getPublicKey(),
    name: "test",
    nats: { version: 2, ...claims },
  };
  const text = [JWT_HEADER, body]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${Buffer.from(by.sign(Buffer.from(text))).toString("base64url")}`;
}

function seedOf(pair: Pair): string {
  return new TextDecoder().decode(pair.getSeed());
}

import { TEST_ISSUER } from "../../support/test-issuer.ts";
import { createSigningKey, ISSUED_AT_SECONDS, type SigningKey, signToken } from "../../support/tokens.ts";

/** A cluster, and one of its service accounts. */
export const K8S = "https://kubernetes.default.svc";
/** A trust domain. */
export const DOMAIN = "spiffe://acme.example";
/** The service account. */
export const ACCOUNT = "system:serviceaccount:billing:worker";

type Members = Readonly<Record<string, unknown>>;

/** The key of the cluster. */
export const key = createSigningKey("RS256", "k8s-1");
/** The key of the trust domain. */
export const spiffeKey = createSigningKey("ES256", "spiffe-1");
/** A key of a stranger, under the name of the cluster's. */
export const stranger = createSigningKey("RS256", "k8s-1");

/** What Kubernetes writes for a pod: a list of audiences, no `typ`, and an hour. */
const podClaims = (claims: Members = {}) => ({
  ...{ iss: K8S, sub: ACCOUNT, aud: [TEST_ISSUER], exp: ISSUED_AT_SECONDS + 3_600 },
  ...{ iat: ISSUED_AT_SECONDS, nbf: ISSUED_AT_SECONDS },
  "kubernetes.io": { namespace: "billing", serviceaccount: { name: "worker" } },
  ...claims,
});
/** Sign the token of a pod. */
export const podToken = (claims: Members = {}, header: Members = {}, by: SigningKey = key) =>
  signToken(by, podClaims(claims), { typ: undefined, ...header });

/** A JWT-SVID: it has no issuer, its trust domain is in its subject. */
export const svid = (sub: string) =>
  signToken(
    spiffeKey,
    { sub, aud: [TEST_ISSUER], exp: ISSUED_AT_SECONDS + 300, iat: ISSUED_AT_SECONDS },
    { typ: "JWT" },
  );

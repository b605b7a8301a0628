import type { IssuerOptions } from "../connect/issuer-options.ts";
import type { KeyOptions } from "../connect/key-options.ts";
import { assertOptions, narrowing, OBJECT, SECONDS } from "../kernel/option-forms.ts";
import type { FetchOptions } from "../keys/fetch-document.ts";
import {
  assertNothingFetched,
  FIELDS,
  FUNCTION,
  LOCATION,
  NAMES,
  type OptionForms,
  type Texts,
  toList,
  toOptionalList,
} from "./preset-forms.ts";

/** What {@link kubernetes} takes. */
export interface KubernetesOptions extends FetchOptions {
  /** The issuer of the cluster's service accounts, as claim `iss` has it. Default: `https://kubernetes.default.svc.cluster.local`. */
  readonly issuer?: string | undefined;
  /** Claim `aud`, which the projected volume asks for. Default: the audience of the server. */
  readonly audience?: Texts | undefined;
  /** Where the key set is. Default: at the API server, which wants a token and has a certificate of its own: see `headers` and `fetch`. */
  readonly jwksUri?: string | undefined;
  /**
   * The key set itself, as `kubectl get --raw /openid/v1/jwks` prints it, without `jwksUri`, `headers` and `fetch`. Default:
   * it is fetched.
   */
  readonly jwks?: object | undefined;
  /** The service accounts that may come, as `namespace/name`. Default: all of the cluster. */
  readonly serviceAccount?: Texts;
  /** How long tokens may live, in seconds. Default: 86,400; bound ones of old clusters live for a year. */
  readonly maxTokenLifeSeconds?: number | undefined;
}

/** The forms of its options. */
export const KUBERNETES_OPTIONS: OptionForms<KubernetesOptions> = {
  issuer: LOCATION,
  audience: NAMES,
  jwksUri: LOCATION,
  jwks: OBJECT,
  serviceAccount: narrowing(NAMES),
  maxTokenLifeSeconds: SECONDS,
  headers: FIELDS,
  fetch: FUNCTION,
};

/** Where pods find the API server. */
const API_SERVER = "https://kubernetes.default.svc";

/**
 * Trust the projected tokens of a cluster's service accounts. Their `kubernetes.io` object can be named in rules. Secrets of
 * type service-account-token have no `aud` and stay refused.
 *
 * @throws TypeError when an option is wrong
 */
export function kubernetes(options: KubernetesOptions): IssuerOptions {
  assertOptions("kubernetes", options, KUBERNETES_OPTIONS);
  const { issuer = `${API_SERVER}.cluster.local`, audience, serviceAccount, maxTokenLifeSeconds } = options;
  return {
    issuer,
    keys: toKeys(options),
    audiences: toOptionalList(audience),
    algorithms: ["RS256", "ES256"],
    ...(serviceAccount === undefined
      ? {}
      : { requiredClaims: { sub: toList(serviceAccount).map(toSubject) } }),
    insecure: {
      allowMissingType: true,
      maxTokenLifeSeconds,
    },
  };
}

/** @throws TypeError when the key set is given, and how to fetch it as well */
function toKeys({ jwks, jwksUri, headers, fetch }: KubernetesOptions): KeyOptions {
  if (jwks === undefined) {
    return { jwksUri: jwksUri ?? `${API_SERVER}/openid/v1/jwks`, headers, fetch };
  }
  assertNothingFetched("kubernetes", "jwks", { jwksUri, headers, fetch });
  return { jwks };
}

function toSubject(serviceAccount: string): string {
  if (!/^[a-z0-9-]+\/[a-z0-9.-]+$/.test(serviceAccount)) {
    throw new TypeError("option serviceAccount of kubernetes must be like namespace/name");
  }
  return `system:serviceaccount:${serviceAccount.replace("/", ":")}`;
}

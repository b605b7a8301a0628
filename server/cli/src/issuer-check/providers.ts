import { memberOf, type TokenClaims, textOf } from "./claims-of.ts";

/** What is known of an issuer when its provider is looked for. */
export interface KnownIssuer {
  /** Its name. */
  readonly issuer: string;
  /** Where its keys are, if that is known. */
  readonly jwksUri: string | undefined;
  /** The claims of one of its tokens; empty where there is none. */
  readonly claims: TokenClaims;
}

/** A preset, and what it takes. */
export interface PresetChoice {
  /** Its name in `@countersign/server/issuers`. */
  readonly preset: string;
  /** Its options. Those that only you can know are {@link TO_FILL_IN}. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Stands for what cannot be seen from outside. */
export const TO_FILL_IN = "…";

/**
 * Find the preset for an issuer, by its name and by where its keys are.
 *
 * @returns undefined when it is of no provider that there is a preset for
 */
export function recognizeProvider(known: KnownIssuer): PresetChoice | undefined {
  const url = URL.parse(known.issuer);
  if (url === null) {
    return undefined;
  }
  for (const [preset, recognize] of Object.entries(PROVIDERS)) {
    const options = recognize(url, known);
    if (options !== undefined) {
      const given = Object.entries(options).filter(([, value]) => value !== undefined);
      return { preset, options: Object.fromEntries(given) };
    }
  }
  return undefined;
}

type Recognize = (url: URL, known: KnownIssuer) => Readonly<Record<string, unknown>> | undefined;

/** Each answers with the options of its preset, or with undefined when the issuer is another's. */
const PROVIDERS: Readonly<Record<string, Recognize>> = {
  auth0: ({ host }, { claims }) =>
    isIn(host, "auth0.com") ? { domain: host, audience: audienceOf(claims, isUserInfo) } : undefined,
  okta({ host, pathname }, { claims }) {
    const [, server] = /^\/oauth2\/([^/]+)$/.exec(pathname) ?? [];
    if (
      server === undefined ||
      !["okta.com", "oktapreview.com", "okta-emea.com"].some((known) => isIn(host, known))
    ) {
      return undefined;
    }
    const authorizationServer = server === "default" ? undefined : decodeURIComponent(server);
    return { domain: host, authorizationServer, audience: audienceOf(claims) };
  },
  entra({ host, pathname }, { claims }) {
    const [, tenant] = /^\/([^/]+)\//.exec(pathname) ?? [];
    if (tenant === undefined || !["login.microsoftonline.com", "sts.windows.net"].includes(host)) {
      return undefined;
    }
    const version = host === "sts.windows.net" ? "1" : undefined;
    const isShared = ["common", "organizations", "consumers", "%7Btenantid%7D"].includes(tenant);
    const tenants = isShared ? { tenants: [textOf(claims, "tid") ?? TO_FILL_IN] } : { tenant };
    return { ...tenants, audience: audienceOf(claims), version };
  },
  cognito({ host, pathname }, { claims }) {
    const [, userPoolId] = /^\/([^/]+)$/.exec(pathname) ?? [];
    return userPoolId !== undefined && /^cognito-idp\.[a-z0-9-]+\.amazonaws\.com$/.test(host)
      ? { userPoolId, clientIds: textOf(claims, "client_id") ?? TO_FILL_IN }
      : undefined;
  },
  keycloak({ href }, { issuer, jwksUri, claims }) {
    const isRealm = /\/realms\/[^/]+$/.test(href) && isEndOf(jwksUri, "/protocol/openid-connect/certs");
    return isRealm
      ? { realm: issuer, audience: audienceOf(claims, (name) => name === "account") }
      : undefined;
  },
  clerk: ({ host }, { claims }) =>
    isIn(host, "clerk.accounts.dev") || (host.startsWith("clerk.") && textOf(claims, "azp") !== undefined)
      ? { domain: host, authorizedParties: textOf(claims, "azp") ?? TO_FILL_IN }
      : undefined,
  workos({ host }, { issuer, jwksUri, claims }) {
    const [, clientId] = /\/sso\/jwks\/([^/]+)$/.exec(jwksUri ?? "") ?? [];
    return host === "api.workos.com" || clientId !== undefined
      ? {
          clientId: clientId ?? textOf(claims, "client_id") ?? TO_FILL_IN,
          issuer: otherThan("https://api.workos.com", issuer),
        }
      : undefined;
  },
  supabase: ({ host, pathname, origin }) =>
    isIn(host, "supabase.co") && pathname === "/auth/v1" ? { url: origin } : undefined,
  firebase: ({ host, pathname }) =>
    host === "securetoken.google.com" ? { projectId: pathname.slice(1) } : undefined,
  google: ({ host }, { claims }) =>
    host === "accounts.google.com" ? { audience: audienceOf(claims) ?? TO_FILL_IN } : undefined,
  googleIap: ({ host, pathname }, { claims }) =>
    host === "cloud.google.com" && pathname === "/iap"
      ? { audience: audienceOf(claims) ?? TO_FILL_IN }
      : undefined,
  zitadel: ({ host }, { jwksUri, claims }) =>
    isIn(host, "zitadel.cloud") || isEndOf(jwksUri, "/oauth/v2/keys")
      ? { domain: host, audience: audienceOf(claims) }
      : undefined,
  logto: ({ host, origin, pathname }, { claims }) =>
    isIn(host, "logto.app") && pathname === "/oidc"
      ? { endpoint: origin, audience: audienceOf(claims) }
      : undefined,
  githubActions: ({ host }, { claims }) =>
    host === "token.actions.githubusercontent.com"
      ? { audience: audienceOf(claims) ?? TO_FILL_IN, repository: textOf(claims, "repository") ?? TO_FILL_IN }
      : undefined,
  gitlab: ({ host }, { issuer, claims }) =>
    host === "gitlab.com" ||
    (textOf(claims, "project_path") !== undefined && textOf(claims, "ref_type") !== undefined)
      ? {
          url: otherThan("https://gitlab.com", issuer),
          audience: audienceOf(claims) ?? TO_FILL_IN,
          project: textOf(claims, "project_path") ?? TO_FILL_IN,
        }
      : undefined,
  kubernetes: ({ host }, { issuer, jwksUri, claims }) =>
    host.startsWith("kubernetes.default.svc") || isEndOf(jwksUri, "/openid/v1/jwks")
      ? {
          issuer: otherThan("https://kubernetes.default.svc.cluster.local", issuer),
          audience: audienceOf(claims),
          jwksUri: otherThan("https://kubernetes.default.svc/openid/v1/jwks", jwksUri),
        }
      : undefined,
  cloudflareAccess: ({ host }, { claims }) =>
    isIn(host, "cloudflareaccess.com")
      ? { teamDomain: host, audience: audienceOf(claims) ?? TO_FILL_IN }
      : undefined,
  spiffe: ({ protocol, host }, { jwksUri, claims }) =>
    protocol === "spiffe:"
      ? { trustDomain: host, audience: audienceOf(claims), bundleUri: jwksUri ?? TO_FILL_IN }
      : undefined,
};

function isIn(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}

function isEndOf(url: string | undefined, end: string): boolean {
  return url?.endsWith(end) ?? false;
}

/** A default is not repeated. */
function otherThan(known: string, value: string | undefined): string | undefined {
  return value === known ? undefined : value;
}

function isUserInfo(name: string): boolean {
  return name.endsWith("/userinfo");
}

/**
 * Find whom a token is for: one text or several, as presets take them.
 *
 * @param isOther says which of them every token of the issuer has
 */
export function audienceOf(
  claims: TokenClaims,
  isOther: (name: string) => boolean = () => false,
): string | readonly string[] | undefined {
  const aud = memberOf(claims, "aud");
  const list: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  const texts = list.filter((name): name is string => typeof name === "string" && name !== "");
  const ours = texts.filter((name) => !isOther(name));
  return ours.length > 1 ? ours : ours[0];
}

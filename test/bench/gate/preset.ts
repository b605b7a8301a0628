import { randomUUID } from "node:crypto";
import { create, type DescMethod, type Message } from "@bufbuild/protobuf";
import { createConnectRouter, type HandlerContext } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { type Auth, createAuth } from "@countersign/server";
import { keycloak } from "@countersign/server/issuers";
import type { Rule } from "../../../server/gate/src/authorize/rule.ts";
import { Order, orderService } from "../../gate/authorize/order-file.ts";
import { ALGORITHM, AUDIENCE, ISSUER, type PublicKeys } from "../fixture/tokens.ts";

const TENANT_CLAIM = "https://acme.com/tenant";
const TENANT = "acme";

/** How a rule reads the claim of a tenant: from the token as it is, or by the message that describes its claims. */
const CLAIM_RULES = {
  claims: { claimsType: undefined, expression: `principal.claims["${TENANT_CLAIM}"] == request.text` },
  "typed-claims": { claimsType: "test.v1.Claims", expression: "principal.claims.tenant == request.text" },
} as const;

/** One of them. */
export type ClaimRuleName = keyof typeof CLAIM_RULES;

/** What every call sends. */
export const ORDER: Message = create(Order, { text: TENANT });

/** A server whose issuer is one of the presets, with a method that has a rule over a claim. */
export interface PresetServer {
  /** The gate, which goes by the headers. */
  readonly gate: Auth["requestGate"];
  /** The gate, then the route: the rule, and a handler that answers with the message. */
  readonly call: (context: HandlerContext) => unknown;
  readonly method: DescMethod;
  readonly rule: Rule;
}

/** Create a server. @param verdictCacheEntries 1: every call with another token than the last is a miss */
export function createPresetServer(
  name: ClaimRuleName,
  { keys, verdictCacheEntries }: { readonly keys: PublicKeys; readonly verdictCacheEntries: number },
): PresetServer {
  const { claimsType, expression } = CLAIM_RULES[name];
  const policy = {
    access: Access.AUTHENTICATED,
    scopes: ["notes:write"],
    roles: ["editor"],
    rule: expression,
  };
  const service = orderService({ ...(claimsType === undefined ? {} : { claimsType }), policy });
  const auth = createAuth({
    routes: (router) => void router.service(service, IMPLEMENTATION),
    issuers: [
      {
        ...keycloak({ realm: ISSUER, rolesOfClient: "billing" }),
        algorithms: [ALGORITHM],
        keys: { jwks: keys.jwks },
      },
    ],
    audience: AUDIENCE,
    verdictCacheEntries,
    logRefusals: false, // as in production
  });
  const [entry] = auth.policyTable.entries;
  const rule = entry?.policy.rule;
  if (entry === undefined || rule === undefined) {
    throw new Error("the method has no rule");
  }
  return { gate: auth.requestGate, call: callBehind(auth), method: entry.method, rule };
}

/** What stands for an application. */
const IMPLEMENTATION: object = { place: (order: Message) => order };

type Handler = (message: Message, context: HandlerContext) => unknown;

/** Call what the router would: the handler with all that stands around it. */
function callBehind({ routes, requestGate }: Auth): PresetServer["call"] {
  let guarded: Handler | undefined;
  const router = createConnectRouter();
  routes({
    ...router,
    service(service, implementation, options) {
      guarded = (implementation as Readonly<Record<string, Handler>>).place; // the only method, a unary one
      return router.service(service, implementation, options);
    },
  });
  const handle = guarded;
  if (handle === undefined) {
    throw new Error("the routes have no method");
  }
  return (context) => {
    const admitted = requestGate(context);
    return admitted === undefined ? handle(ORDER, context) : admitted.then(() => handle(ORDER, context));
  };
}

/** What an access token of Keycloak has beside the times, the issuer, and what identifies it. */
export function toPresetClaims(): Readonly<Record<string, unknown>> {
  return {
    sub: randomUUID(),
    aud: [AUDIENCE, "account"],
    typ: "Bearer",
    azp: "web-app",
    client_id: undefined,
    sid: randomUUID(),
    acr: "1",
    roles: undefined,
    "allowed-origins": ["https://app.acme.example"],
    realm_access: { roles: ["default-roles-acme", "offline_access", "uma_authorization"] },
    resource_access: {
      billing: { roles: ["editor", "viewer"] },
      account: { roles: ["manage-account", "manage-account-links", "view-profile"] },
    },
    scope: "openid profile email notes:read notes:write",
    email_verified: true,
    name: "Ada Lovelace",
    preferred_username: "ada",
    given_name: "Ada",
    family_name: "Lovelace",
    email: "ada@acme.example",
    [TENANT_CLAIM]: TENANT,
  };
}

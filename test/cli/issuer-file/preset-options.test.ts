import { expect, test } from "vitest";
import type { IssuerOptions } from "../../../server/gate/src/connect/issuer-options.ts";
import * as functions from "../../../server/gate/src/issuers/index.ts";
import { PRESETS } from "../../../server/gate/src/issuers/presets.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { readOne } from "./read-file.ts";

type Options = Readonly<Record<string, unknown>>;

const TENANT = "11111111-2222-3333-4444-555555555555";
const JWKS = { keys: [{ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] };
const SECRET = "0123456789abcdef0123456789abcdef";
const HEADERS = { "x-a": "b" };

/** What the file says instead of an option that JSON has no values for, and what the function gets. */
const FROM_FILES: Readonly<Record<string, unknown>> = {
  sharedSecretFile: { sharedSecret: Buffer.from(SECRET) },
};

/** Options as JSON has them: together they have every option of the preset, but `fetch`. */
const SAMPLES: Readonly<Record<string, readonly Options[]>> = {
  auth0: [{ domain: "acme.eu.auth0.com", audience: ["api", "b"], rolesClaim: "https://acme.example/roles" }],
  clerk: [{ domain: "clerk.acme.example", authorizedParties: ["https://app.acme.example"] }],
  cloudflareAccess: [{ teamDomain: "acme.cloudflareaccess.com", audience: "tag", allowServiceTokens: true }],
  cognito: [{ userPoolId: "eu-west-1_AbCdEfGhI", clientIds: ["a", "b"] }],
  entra: [
    { tenants: [TENANT], audience: "api" },
    { tenant: TENANT, version: "1" },
  ],
  firebase: [{ projectId: "acme", rolesClaim: "roles" }],
  githubActions: [
    {
      audience: "api",
      repository: "acme/notes",
      owner: ["acme"],
      environment: "production",
      ref: "refs/heads/main",
    },
  ],
  gitlab: [
    {
      url: "https://gitlab.acme.example/",
      audience: "api",
      project: "acme/notes",
      namespace: "acme",
      protectedRef: true,
    },
  ],
  google: [{ audience: "api", hostedDomain: "acme.example" }],
  googleIap: [{ audience: "/projects/1/apps/acme", hostedDomain: "acme.example" }],
  keycloak: [
    {
      realm: "https://id.acme.example/realms/acme",
      audience: "api",
      rolesOfClient: "notes",
      allowMissingSubject: true,
    },
  ],
  kubernetes: [
    {
      issuer: "https://oidc.acme.example",
      audience: "api",
      jwksUri: "https://oidc.acme.example/keys",
      serviceAccount: "notes/api",
      maxTokenLifeSeconds: 100_000,
      headers: HEADERS,
    },
    { jwks: JWKS },
  ],
  logto: [{ endpoint: "https://acme.logto.app", audience: "api", rolesClaim: "roles" }],
  okta: [{ domain: "acme.okta.com", authorizationServer: "notes", audience: "api", groupsClaim: "g" }],
  spiffe: [
    {
      trustDomain: "acme.example",
      audience: "api",
      bundleUri: "https://spire.acme.example",
      headers: HEADERS,
    },
    { trustDomain: "acme.example", bundle: JWKS },
  ],
  supabase: [{ url: "https://acme.supabase.co" }, { url: "https://b.co", sharedSecretFile: "secret" }],
  workos: [{ clientId: "client_01", issuer: "https://auth.acme.example" }],
  zitadel: [{ domain: "acme-1.zitadel.cloud", audience: "api", projectId: "1" }],
};

/** The options of a sample, as a program gives them. */
function toProgram(sample: Options): Options {
  return Object.fromEntries(
    Object.entries(sample).flatMap(([name, value]) => Object.entries(FROM_FILES[name] ?? { [name]: value })),
  );
}

/** The presets are functions of their options, by their names. */
const functionOf = (preset: string) =>
  (functions as unknown as Readonly<Record<string, (options: Options) => IssuerOptions>>)[preset];

test("the presets of the file are those that programs import", () => {
  expect(Object.keys(SAMPLES).sort()).toEqual(Object.keys(PRESETS).sort());
  expect(Object.keys(functions).sort()).toEqual(Object.keys(PRESETS).sort());
});

test.each(notEmpty(Object.entries(SAMPLES)))(
  "the file takes every option of the preset %s that the function has, and makes the same of it",
  async (preset, samples) => {
    const used = new Set(samples.flatMap((sample) => Object.keys(toProgram(sample))));
    const known = Object.keys(PRESETS[preset]?.options ?? {});
    expect(used).toEqual(new Set(known.filter((option) => option !== "fetch")));
    for (const options of samples) {
      const { exchange: _, ...read } = (await readOne({ preset, options }, { secret: SECRET })) ?? {};
      expect(read).toEqual(withRules(functionOf(preset)?.(toProgram(options))));
    }
  },
);

/** The file always says which claims are needed, since those of the entry are added. */
function withRules(options: IssuerOptions | undefined) {
  return {
    ...options,
    requiredClaims: options?.requiredClaims ?? {},
    presentClaims: options?.presentClaims ?? [],
    forbiddenClaims: options?.forbiddenClaims ?? [],
  };
}

test.each(notEmpty(Object.entries(SAMPLES)))(
  "the file refuses an option of the preset %s of another form, as the function does",
  async (preset, [sample = {}]) => {
    for (const option of Object.keys(sample).filter((name) => !Object.hasOwn(FROM_FILES, name))) {
      for (const wrong of [7, "", [], [7]].filter((value) => !isTaken(preset, option, value))) {
        const options = { ...sample, [option]: wrong };
        expect(() => functionOf(preset)?.(toProgram(options))).toThrow(TypeError);
        await expect(readOne({ preset, options })).rejects.toThrow("entry 1: ");
      }
    }
  },
);

/** Some options may be numbers. */
function isTaken(preset: string, option: string, value: unknown): boolean {
  return PRESETS[preset]?.options[option]?.accepts(value) === true;
}

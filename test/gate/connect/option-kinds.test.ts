import { describe, expect, test } from "vitest";
import type { AuthOptions } from "../../../server/gate/src/connect/auth-options.ts";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { PRESETS } from "../../../server/gate/src/issuers/presets.ts";
import { echoRoutes } from "../../support/echo-server.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { issuer, service } from "./fixtures.ts";

const GOOD = { routes: echoRoutes(service), issuers: [issuer], audience: "ledger" };

/** A value that is wrong for each option, and what is said of it. */
const WRONG: { readonly [Name in keyof Required<AuthOptions>]: readonly [value: unknown, says: string] } = {
  routes: [
    undefined,
    "createAuth: routes must be a function that registers your services on a router, and is missing",
  ],
  interceptors: [
    [{}],
    "createAuth: interceptors must be a list of interceptors, and is a list with something else",
  ],
  issuers: [undefined, "createAuth: issuers must be a list of at least one issuer, such as "],
  audience: [
    "",
    'createAuth: audience must be the name of this server in claim aud of tokens, a non-empty text, and is "',
  ],
  resource: [7, "createAuth: resource must be a URL, or an object with one, and is 7"],
  tokenHeader: [
    7,
    "createAuth: tokenHeader must be the name of a header, such as cf-access-jwt-assertion, and is 7",
  ],
  clientCertificates: [true, "createAuth: clientCertificates must be an object, and is true"],
  policies: [{}, "createAuth: policies must be a Map by the descriptors of services, and is an object"],
  decide: ["yes", 'createAuth: decide must be a function, and is "yes"'],
  revocations: [{}, "createAuth: revocations must be an object with isRevoked, and is an object"],
  signals: [
    { isRevoked: () => false },
    "createAuth: signals must be an object with isRevoked and renew and addServer, and is an object",
  ],
  logouts: [
    { endpoint: 1 },
    "createAuth: logouts must be what createLogoutReceiver returns, and is an object",
  ],
  enforce: [
    new Map([[service, "Shadow"]]),
    "createAuth: enforce must be a Map from the descriptors of services to deny or shadow, and is an object",
  ],
  forwardToken: ["no", 'createAuth: forwardToken must be true or false, and is "no"'],
  publicUrls: [
    [],
    "createAuth: publicUrls must be a list of non-empty texts, with at least one, and is an empty list",
  ],
  dpop: [true, "createAuth: dpop must be an object, and is true"],
  clockToleranceSeconds: ["5", 'createAuth: clockToleranceSeconds must be a number, and is "5"'],
  verdictCacheEntries: [0, "createAuth: verdictCacheEntries must be a positive whole number, and is 0"],
  maxTokenBytes: ["8192", 'createAuth: maxTokenBytes must be a positive whole number, and is "8192"'],
  gateTimeoutMs: [null, "createAuth: gateTimeoutMs must be a number, and is null"],
  tokenFailureLimit: [
    { take() {} },
    "createAuth: tokenFailureLimit must be an object with assertAllowed and take, and is",
  ],
  failedChecksPerSecond: ["2k", 'createAuth: failedChecksPerSecond must be a number, and is "2k"'],
  readMaxBytes: ["4 MiB", 'createAuth: readMaxBytes must be a number, and is "4 MiB"'],
  maxWaitingBytes: ["4 MiB", 'createAuth: maxWaitingBytes must be a number, and is "4 MiB"'],
  maxWaitingBytesPerConnection: [
    "4 MiB",
    'createAuth: maxWaitingBytesPerConnection must be a number, and is "4 MiB"',
  ],
  messageLimits: [64, "createAuth: messageLimits must be an object, and is 64"],
  keepUnknownFields: [
    [service],
    "createAuth: keepUnknownFields must be a Set of the descriptors of services, and is a list with something else",
  ],
  observe: [() => {}, "createAuth: observe must be an object, and is a function"],
  audit: [() => {}, "createAuth: audit must be an object with record, and is a function"],
  logRefusals: ["off", 'createAuth: logRefusals must be true or false, and is "off"'],
  onError: [console, "createAuth: onError must be a function, and is an object"],
  streams: [true, "createAuth: streams must be an object, and is true"],
  anonymousStreams: [10, "createAuth: anonymousStreams must be an object, and is 10"],
  onWarning: [console, "createAuth: onWarning must be a function, and is an object"],
  clock: [Date.now, "createAuth: clock must be an object, and is a function"],
};

const create = createAuth as (options: unknown) => unknown;

describe("an option of createAuth of another kind stops the start, and is named with what it is:", () => {
  test.each(notEmpty(Object.entries(WRONG)))("%s", (name, [value, says]) => {
    const run = (): unknown => create({ ...GOOD, [name]: value });
    expect(run).toThrow(TypeError);
    expect(run).toThrow(says);
  });
});

describe("createAuth", () => {
  test.each(notEmpty([undefined, null, "options"]))("without options says what it needs: %s", (options) => {
    expect(() => create(options)).toThrow(
      "createAuth needs options, at least { routes, issuers, audience }, and got ",
    );
  });

  test("without issuers says so, and not with those that are none", () => {
    for (const issuers of [undefined, [], [undefined], ["https://issuer.example"], {}]) {
      expect(() => create({ ...GOOD, issuers })).toThrow(
        "createAuth: issuers must be a list of at least one issuer",
      );
    }
  });

  test("names an option that there is not, and the one that was meant", () => {
    expect(() => create({ ...GOOD, audeince: "ledger" })).toThrow("createAuth has no option audeince");
    expect(() => create({ ...GOOD, interceptor: [] })).toThrow(
      "createAuth has no option interceptor: did you mean interceptors?",
    );
  });
});

describe("an option that is undefined", () => {
  const unset: string | undefined = undefined;

  test("has its default", () => {
    const { routes, issuers, audience } = GOOD;
    const options = {
      routes,
      issuers,
      audience,
      ...{ interceptors: unset, resource: unset, policies: unset, enforce: unset, tokenHeader: unset },
      ...{
        forwardToken: unset,
        clockToleranceSeconds: unset,
        verdictCacheEntries: unset,
        maxTokenBytes: unset,
      },
      ...{ gateTimeoutMs: unset, readMaxBytes: unset, observe: unset, audit: unset, logRefusals: unset },
      ...{ onError: unset, streams: unset, anonymousStreams: unset, onWarning: unset, clock: unset },
    } satisfies AuthOptions;
    expect(() => createAuth(options)).not.toThrow();
    // @ts-expect-error what makes things stricter must not vanish
    const vanished: AuthOptions = { ...GOOD, decide: unset };
    expect(() => createAuth(vanished)).toThrow(TypeError);
  });

  const vanishing: readonly (readonly [what: string, make: () => unknown])[] = [
    ["createAuth: decide", () => create({ ...GOOD, decide: unset })],
    ["createAuth: revocations", () => create({ ...GOOD, revocations: unset })],
    ["createAuth: tokenFailureLimit", () => create({ ...GOOD, tokenFailureLimit: unset })],
    ...["requiredClaims", "presentClaims", "forbiddenClaims", "requireProfileClaims", "signals"].map(
      (name) =>
        [
          `issuer ${issuer.issuer}: ${name}`,
          () => create({ ...GOOD, issuers: [{ ...issuer, [name]: unset }] }),
        ] as const,
    ),
    ...(
      [
        ["githubActions", { audience: "a", owner: "acme" }, ["repository", "environment", "ref"]],
        ["gitlab", { audience: "a", namespace: "acme" }, ["project", "protectedRef"]],
        ["google", { audience: "a" }, ["hostedDomain"]],
        ["googleIap", { audience: "a" }, ["hostedDomain"]],
        ["kubernetes", {}, ["serviceAccount"]],
        ["zitadel", { domain: "acme-1.zitadel.cloud" }, ["projectId"]],
      ] as const
    ).flatMap(([preset, options, names]) =>
      names.map(
        (name) =>
          [`${preset}: ${name}`, () => PRESETS[preset]?.create({ ...options, [name]: unset })] as const,
      ),
    ),
  ];
  test.each(notEmpty(vanishing))("stops the start where it makes things stricter: %s", (what, make) => {
    expect(make).toThrow(`${what} is undefined: leave it out to do without, or give it a value`);
  });
});

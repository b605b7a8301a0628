import { existsSync } from "node:fs";
import type { DescService } from "@bufbuild/protobuf";
import { type Auth, createAuth, type IssuerOptions, PolicyError } from "@countersign/server";
import { createPolicyTable } from "@countersign/server/internal";
import type { ChosenServices } from "./chosen-services.ts";
import type { Terminal } from "./command.ts";
import type { Config } from "./config.ts";
import { resolveOtherIssuers } from "./federated-issuers.ts";
import { openCommandBackend } from "./open-command-backend.ts";
import { publicUrlsOf } from "./public-urls.ts";
import { assertTokenHeader } from "./server-config.ts";
import { nameStore } from "./store-name.ts";
import { databaseFileOf } from "./store-settings.ts";
import { readTrustedIssuers } from "./trusted-issuers.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/** The audience of the demo's tokens, where no other is set. */
const DEMO_AUDIENCE = "countersign-demo";

/** Whose tokens the server takes. */
interface Trust {
  /** The name of the issuer of the server. */
  readonly url: string;
  readonly audience: string;
  readonly issuers: readonly IssuerOptions[];
}

/** Read whom the server trusts: itself, as its database says, and the issuers of its file. */
async function readTrust(config: Config, terminal: Pick<Terminal, "warn">, isDemo: boolean): Promise<Trust> {
  const entries = await readTrustedIssuers(config.trustedIssuers, terminal.warn);
  const isMissing = config.databaseUrl === undefined && !existsSync(databaseFileOf(config));
  if (isMissing && entries.length > 0) {
    const store = nameStore(config);
    terminal.warn(
      `there is no database ${store}: the tokens of a server on it are taken for those of a stranger`,
    );
    const audience = requireAudience(config.audience);
    return {
      url: config.issuer ?? originOf(config),
      audience,
      issuers: resolveOtherIssuers(entries, { audience, issuer: originOf(config) }).issuers,
    };
  }
  await using store = await openCommandBackend(config, { isAsked: false, isPossible: false });
  terminal.warn(`store: ${nameStore(config)}`);
  const names = await store.readNames();
  const audience = requireAudience(config.audience ?? names.audience ?? (isDemo ? DEMO_AUDIENCE : undefined));
  const url = config.issuer ?? names.url ?? originOf(config);
  const own = await store.readTrust({ url, audience, resources: config.resources });
  return {
    url,
    audience,
    issuers: [own, ...resolveOtherIssuers(entries, { audience, issuer: url }).issuers],
  };
}

function requireAudience(audience: string | undefined): string {
  if (audience === undefined) {
    throw new UsageError("--audience is missing: give the one that the server has");
  }
  return audience;
}

/** Where the server listens, which is its name where it has no other. */
function originOf({ host, port, tlsCert }: Config): string {
  const scheme = tlsCert === undefined ? "http" : "https";
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** What {@link openExplainer} goes by, beside the settings of the server. */
export interface ExplainerParts {
  /** What the server serves. */
  readonly chosen: ChosenServices;
  /** Whether it is the demo, whose audience has a default. */
  readonly isDemo: boolean;
  readonly terminal: Pick<Terminal, "warn">;
}

/**
 * Put a gate together as that of the server is, to explain and not to serve: with the keys and revocations of its database
 * as they are now, and the issuers of its file.
 *
 * @throws UsageError when the audience is missing or a setting makes no sense, CommandError when there is no database, or it cannot be read
 */
export async function openExplainer(
  config: Config,
  { chosen: { services, policies }, isDemo, terminal }: ExplainerParts,
): Promise<Auth> {
  assertTokenHeader(config);
  const trust = await readTrust(config, terminal, isDemo);
  return createAuth({
    routes(router) {
      for (const service of services) {
        router.service(service, {});
      }
    },
    issuers: trust.issuers.map(withoutLogouts),
    audience: trust.audience,
    policies,
    clockToleranceSeconds: config.clockToleranceMs / 1000,
    maxTokenBytes: config.maxTokenBytes,
    tokenHeader: config.tokenHeader,
    publicUrls: publicUrlsOf(config, trust.url),
    logRefusals: false,
    onWarning: () => undefined,
  });
}

/** Nothing is received here: what has ended is for the server to know. */
function withoutLogouts(issuer: IssuerOptions): IssuerOptions {
  const { logout, sharedSignals, ...others } = issuer;
  return logout === undefined && sharedSignals === undefined ? issuer : others;
}

/**
 * Keep the services that a server can serve: an image also has those that others have written, without rules. What is
 * wrong with the service of the method is said.
 */
export function keepServable({ services, policies }: ChosenServices, method: string): ChosenServices {
  const [wanted = ""] = method.replace(/^\//, "").split("/");
  const isServable = (service: DescService): boolean => {
    const own = [...policies].filter(([known]) => known === service);
    try {
      createPolicyTable([service], new Map(own));
      return true;
    } catch (error) {
      if (error instanceof PolicyError && service.typeName === wanted) {
        throw new CommandError(error.message);
      }
      return false;
    }
  };
  const servable = services.filter(isServable);
  return {
    services: servable,
    policies: new Map([...policies].filter(([service]) => servable.includes(service))),
  };
}

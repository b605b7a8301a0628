import { GUARD } from "./read-source.ts";

/** A service that the server has. */
export interface GuardedService {
  /** The name that its module exports. */
  readonly name: string;
  /** The module, as the new file imports it. */
  readonly specifier: string;
  /** Whether the project has its proto, and the rules stand there. */
  readonly isAnnotated: boolean;
}

/** What goes into the file. */
export interface GuardFile {
  readonly services: readonly GuardedService[];
  readonly issuer: string;
  readonly audience: string;
  readonly isTypeScript: boolean;
}

const TYPES = {
  list: ": readonly DescService[]",
  pair: " as const",
  of: (name: string) => `: AuthOptions["${name}"]`,
};
const NO_TYPES = { list: "", pair: "", of: () => "" };

/** Write the module that puts the gate around the routes of a project. */
export function writeGuardFile({ services: found, issuer, audience, isTypeScript }: GuardFile): string {
  const services = found.map((service, index) => ({ ...service, name: toLocalName(found, index) }));
  const foreign = services.filter(({ isAnnotated }) => !isAnnotated);
  const names = ["createAuth", ...(foreign.length > 0 ? ["AUTHENTICATED_POLICY"] : [])];
  const server = [...(isTypeScript ? ["type AuthOptions"] : []), ...names].toSorted(byName).join(", ");
  const typed = isTypeScript ? TYPES : NO_TYPES;
  const given = foreign.map(({ name }) => `[${name}, AUTHENTICATED_POLICY]`).join(", ");
  return lines(
    isTypeScript && 'import type { DescService } from "@bufbuild/protobuf";',
    `import { ${server} } from "@countersign/server";`,
    ...writeImports(found),
    "",
    "/** The services of this server. A method without an access rule stops the start. */",
    `export const services${typed.list} = [${services.map(({ name }) => name).join(", ")}];`,
    "",
    "/** Whose tokens are accepted. */",
    `const trusted${typed.of("issuers")} = [{ issuer: ${JSON.stringify(issuer)}, keys: { discovery: true } }];`,
    "",
    "/**",
    " * Put the gate before routes. What it returns goes into an adapter of Connect, in the place of the routes.",
    " *",
    " * Tests that call the server trust an issuer of their own: `[issuer.trust]` of `createTestIssuer`.",
    " */",
    `export function ${GUARD}(routes${typed.of("routes")}, issuers${typed.of("issuers")} = trusted) {`,
    "  return createAuth({",
    "    routes,",
    "    issuers,",
    "    // The name of this server in their claim aud.",
    `    audience: ${JSON.stringify(audience)},`,
    foreign.length > 0 &&
      "    // Guessed by countersign init: rules of services whose protos are not in this project.",
    foreign.length > 0 && `    policies: new Map([${given}]),`,
    "    // Shadow mode: a call that the rules deny goes on, and is written down. Without these three options it is denied.",
    `    enforce: new Map(services.map((service) => [service, "shadow"]${typed.pair})),`,
    "    audit: { record: (event) => console.warn(JSON.stringify(event)) },",
    "    logRefusals: false, // the audit has them all",
    "  });",
    "}",
  );
}

function writeImports(services: readonly GuardedService[]): readonly string[] {
  const imported = services.map(({ name, specifier }, index) => {
    const local = toLocalName(services, index);
    return { specifier, name: local === name ? name : `${name} as ${local}` };
  });
  return [...Map.groupBy(imported, ({ specifier }) => specifier)].map(
    ([specifier, those]) => `import { ${those.map(({ name }) => name).join(", ")} } from "${specifier}";`,
  );
}

/** Services of two packages may have one name: the second is `Health2`. */
function toLocalName(services: readonly GuardedService[], index: number): string {
  const name = services[index]?.name ?? "";
  const before = services.slice(0, index).filter((service) => service.name === name).length;
  return before === 0 ? name : `${name}${before + 1}`;
}

const byName = (a: string, b: string): number =>
  a.replace("type ", "").toLowerCase() < b.replace("type ", "").toLowerCase() ? -1 : 1;

function lines(...parts: readonly (string | false)[]): string {
  return `${parts.filter((part) => part !== false).join("\n")}\n`;
}

import { ownMember } from "../authenticate/claim-source.ts";

/** What a subject identifier says of tokens: a claim, and the value that it has in them. */
export interface NamedTokens {
  readonly dimension: "sid" | "sub" | "jti";
  readonly value: string;
  /** Of a subject: only those of its tokens that name no session. Default: all of them. */
  readonly withoutSession?: true;
}

/** What the reading of a subject depends on. */
export interface SubjectContext {
  /** The names by which the transmitter may call the issuer of the tokens: of another issuer, a subject is not ours. */
  readonly issuers: ReadonlySet<string>;
  /** Whether the event is about the account, whichever session is named beside it. */
  readonly isOfAccount: boolean;
}

/** How many identifiers one subject may have beside each other, and how long each may be, in characters. */
const MAX_ALIASES = 16;
const MAX_VALUE_LENGTH = 1_024;

/**
 * Read which tokens a subject identifier names ([RFC 9493](https://www.rfc-editor.org/rfc/rfc9493), and format `complex`
 * of the Shared Signals Framework).
 *
 * Of a complex subject, its session counts, with the tokens of its user that name no session, or else its user: device, tenant
 * and the like only narrow that down, and no token says what they are. More may end than was named then, and never less.
 *
 * @param subject claim `sub_id`
 * @returns undefined when it is no subject identifier; nothing when it names what no token has
 */
export function readSubject(subject: unknown, context: SubjectContext): readonly NamedTokens[] | undefined {
  if (ownMember(subject, "format") !== "complex") {
    return readSimple(subject, { ...context, role: context.isOfAccount ? "user" : "any" });
  }
  const session = readMember(subject, { ...context, role: "session" });
  const user = readMember(subject, { ...context, role: "user" });
  if (session === undefined || user === undefined) {
    return undefined;
  }
  if (context.isOfAccount || session.length === 0) {
    return user;
  }
  return [...session, ...user.map((each) => ({ ...each, withoutSession: true }) as const)];
}

/** Where an identifier stands says what its value is of. `any`: it stands alone. */
type Role = "session" | "user" | "any";

interface SimpleContext extends Pick<SubjectContext, "issuers"> {
  readonly role: Role;
}

const DIMENSIONS = { session: ["sid"], user: ["sub"], any: ["sid", "sub"] } as const;

function readMember(subject: unknown, context: SimpleContext): readonly NamedTokens[] | undefined {
  const member = ownMember(subject, context.role);
  return member === undefined ? [] : readSimple(member, context);
}

function readSimple(subject: unknown, context: SimpleContext): readonly NamedTokens[] | undefined {
  const format = ownMember(subject, "format");
  if (typeof format !== "string") {
    return undefined;
  }
  if (format === "aliases") {
    return readAliases(subject, context);
  }
  const read = FORMATS.get(format);
  return read === undefined ? [] : read(subject, context);
}

/** Several names of one subject: whichever of them its tokens have. */
function readAliases(subject: unknown, context: SimpleContext): readonly NamedTokens[] | undefined {
  const identifiers = ownMember(subject, "identifiers");
  if (!Array.isArray(identifiers) || identifiers.length === 0 || identifiers.length > MAX_ALIASES) {
    return undefined;
  }
  const named: NamedTokens[] = [];
  for (const identifier of identifiers) {
    // RFC 9493 §3.2.8: no aliases inside aliases.
    const read = ownMember(identifier, "format") === "aliases" ? undefined : readSimple(identifier, context);
    if (read === undefined) {
      return undefined;
    }
    named.push(...read);
  }
  return named;
}

type ReadFormat = (subject: unknown, context: SimpleContext) => readonly NamedTokens[] | undefined;

const FORMATS: ReadonlyMap<string, ReadFormat> = new Map<string, ReadFormat>([
  ["account", readUser("uri")],
  ["did", readUser("url")],
  ["email", readEmail],
  ["iss_sub", readOfIssuer("sub", ({ role }) => (role === "session" ? "sid" : "sub"))],
  ["jwt_id", readOfIssuer("jti", () => "jti")],
  ["opaque", readOpaque],
  ["phone_number", readUser("phone_number")],
  ["uri", readUser("uri")],
]);

function readOpaque(subject: unknown, { role }: SimpleContext): readonly NamedTokens[] | undefined {
  const value = readText(subject, "id");
  return value === undefined ? undefined : DIMENSIONS[role].map((dimension) => ({ dimension, value }));
}

/** An address is the same in whichever case. */
function readEmail(subject: unknown): readonly NamedTokens[] | undefined {
  const value = readText(subject, "email");
  return value === undefined
    ? undefined
    : [...new Set([value, value.toLowerCase()])].map((each) => ({ dimension: "sub", value: each }));
}

/** Read the text of what can only be a user. */
function readUser(member: string): ReadFormat {
  return (subject) => {
    const value = readText(subject, member);
    return value === undefined ? undefined : [{ dimension: "sub", value }];
  };
}

function readOfIssuer(
  member: string,
  dimensionOf: (context: SimpleContext) => NamedTokens["dimension"],
): ReadFormat {
  return (subject, context) => {
    const issuer = readText(subject, "iss");
    const value = readText(subject, member);
    if (issuer === undefined || value === undefined) {
      return undefined;
    }
    return context.issuers.has(issuer) ? [{ dimension: dimensionOf(context), value }] : [];
  };
}

function readText(subject: unknown, member: string): string | undefined {
  const value = ownMember(subject, member);
  return typeof value === "string" && value !== "" && value.length <= MAX_VALUE_LENGTH ? value : undefined;
}

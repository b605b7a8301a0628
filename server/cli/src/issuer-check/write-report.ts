import type { IssuerReport } from "./check-issuer.ts";
import { type SuggestionVerdict, toFileEntry } from "./judge-suggestion.ts";
import type { MetadataAnswer } from "./metadata.ts";
import { writeCode } from "./write-code.ts";

/** Write what was found, for people. */
export function writeReport(report: IssuerReport, verdict: SuggestionVerdict | undefined): readonly string[] {
  const { issuer, metadata, keys, token, notes, suggestion } = report;
  const unusual = [...notes, ...(token?.notes.map((note) => `token: ${note}`) ?? [])];
  return [
    ...section("Issuer", [issuer]),
    ...section("Metadata", metadata.map(describeAnswer)),
    ...section("Keys", keys === undefined ? ["none"] : [describeKeys(keys), keys.url]),
    ...section("Token (not verified)", token === undefined ? [] : formatFacts(token.facts)),
    ...section("Unusual", unusual),
    ...section("For createAuth", writeCode(suggestion)),
    ...section(
      "For the file of --trusted-issuers",
      JSON.stringify([toFileEntry(suggestion)], undefined, 2).split("\n"),
    ),
    ...section("With these options", verdict === undefined ? [] : describeVerdict(verdict)),
  ].slice(0, -1);
}

/** Write what was found, for programs. */
export function writeJson(report: IssuerReport, verdict: SuggestionVerdict | undefined): string {
  const { issuer, metadata, keys, token, notes, suggestion } = report;
  return JSON.stringify(
    {
      issuer,
      metadata,
      keys: keys ?? null,
      token: token ?? null,
      notes,
      entry: toFileEntry(suggestion),
      isPartial: suggestion.isPartial,
      code: writeCode(suggestion).join("\n"),
      verdict: verdict ?? null,
    },
    undefined,
    2,
  );
}

/** Say in one line what keeps the issuer from being trusted, or the token from being accepted; undefined: nothing. */
export function describeFailure(
  { issuer, keys }: IssuerReport,
  verdict: SuggestionVerdict | undefined,
): string | undefined {
  if (keys === undefined || keys.usable === 0) {
    return `there are no keys of ${issuer} that can be used`;
  }
  if (verdict?.kind === "unknown") {
    return describeUnknown(verdict.why);
  }
  return verdict?.kind === "refused" ? `the token is refused: ${verdict.message}` : undefined;
}

/** A title, lines below it, and an empty line; nothing where there are no lines. */
function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => (line === "" ? "" : `  ${line}`)), ""];
}

function describeAnswer(answer: MetadataAnswer): string {
  return answer.kind === "found" ? `${answer.url}: found` : `${answer.url} ${answer.why}`;
}

function describeKeys({ count, usable, algorithms, kids }: NonNullable<IssuerReport["keys"]>): string {
  const named = kids.slice(0, 8).join(", ");
  const more = kids.length > 8 ? ", …" : "";
  return `${usable} of ${count} can be used, for ${algorithms.join(", ") || "nothing"}; kid ${named}${more}`;
}

function formatFacts(facts: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(facts).map(([name, value]) => `${name.padEnd(7)} ${value}`);
}

function describeVerdict(verdict: SuggestionVerdict): readonly string[] {
  if (verdict.kind === "unknown") {
    return [describeUnknown(verdict.why)];
  }
  if (verdict.kind === "accepted") {
    const { subject, scopes, roles } = verdict;
    return [`the token is accepted: subject ${subject}, scopes ${listOf(scopes)}, roles ${listOf(roles)}`];
  }
  const { reason, message, check, expected, got } = verdict;
  return [
    `the token is REFUSED, ${reason}: ${message}`,
    ...(check === undefined ? [] : [`check ${check}: expected ${expected ?? "-"}, got ${got ?? "-"}`]),
  ];
}

function describeUnknown(why: string): string {
  return `it cannot be said what becomes of the token: ${why}`;
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(" ");
}

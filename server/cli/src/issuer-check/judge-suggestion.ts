import * as v from "valibot";
import { entry } from "../issuer-file/file-schema.ts";
import { toEntry } from "../issuer-file/to-entry.ts";
import { CommandError } from "../usage-error.ts";
import { judgeToken, type TokenVerdict } from "./judge-token.ts";
import type { Suggestion } from "./suggestion.ts";

/** What the options would say to a token, or why that cannot be said. */
export type SuggestionVerdict = TokenVerdict | { readonly kind: "unknown"; readonly why: string };

/** Write the options as an entry of the file of trusted issuers. */
export function toFileEntry({ choice, members }: Suggestion): Readonly<Record<string, unknown>> {
  return { ...choice, ...members };
}

/**
 * Have the gate judge a token by the options that are printed, as they are read from the file.
 *
 * @param audiences whom tokens must be for, where the options do not say it
 */
export async function judgeSuggestion(
  token: string,
  suggestion: Suggestion,
  audiences: readonly string[],
): Promise<SuggestionVerdict> {
  if (suggestion.isPartial) {
    return {
      kind: "unknown",
      why: "fill in what is left open (…), then check again with countersign explain",
    };
  }
  const settings = v.safeParse(entry, JSON.parse(JSON.stringify(toFileEntry(suggestion))));
  if (!settings.success) {
    return { kind: "unknown", why: settings.issues[0].message };
  }
  try {
    const { exchange: _, clientsOnly: __, ...options } = await toEntry(settings.output, "issuers.json");
    const [audience] = options.audiences ?? audiences;
    return audience === undefined
      ? { kind: "unknown", why: "name whom tokens must be for with --audience" }
      : await judgeToken(token, { options, audience });
  } catch (error) {
    if (error instanceof TypeError || error instanceof CommandError) {
      return { kind: "unknown", why: error.message };
    }
    throw error;
  }
}

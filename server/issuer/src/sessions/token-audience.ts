import { keepAllowed } from "./scopes.ts";

/** A token was asked for whom this issuer gives out none for (RFC 8707 §2). */
export class InvalidTargetError extends Error {
  override readonly name = "InvalidTargetError";
}

/** Whom tokens of an issuer can be for. */
export interface TokenAudiences {
  /** Whom they are for when nothing is asked: claim `aud`. */
  readonly audience: string;
  /** The further resources that can be asked for. */
  readonly resources: readonly string[];
}

/**
 * Choose whom a session is for ([RFC 8707 §2.1](https://www.rfc-editor.org/rfc/rfc8707#section-2.1)).
 *
 * @param requested the resources that were asked for; none: the audience of the issuer
 * @returns each once; undefined: the audience of the issuer, whatever it is at the time
 * @throws InvalidTargetError when the issuer gives out no tokens for one of them
 */
export function grantResources(
  requested: readonly string[] | undefined,
  { audience, resources }: TokenAudiences,
): readonly string[] | undefined {
  if (requested === undefined || requested.length === 0) {
    return undefined;
  }
  const wanted = [...new Set(requested)];
  if (!wanted.every((name) => name === audience || resources.includes(name))) {
    throw new InvalidTargetError(
      "tokens are given out for the audience and the resources of this server only",
    );
  }
  return wanted;
}

/**
 * Choose whom the next access token of a session is for: at most those that the session is for
 * ([RFC 8707 §2.2](https://www.rfc-editor.org/rfc/rfc8707#section-2.2)).
 *
 * @param requested the resources that were asked for; none: all of the session
 * @param granted what the session is for; undefined: the audience of the issuer
 * @returns none when the issuer gives out tokens for none of them any more
 * @throws InvalidTargetError when one is asked for that the session is not for
 */
export function narrowAudience(
  requested: readonly string[] | undefined,
  granted: readonly string[] | undefined,
  { audience, resources }: TokenAudiences,
): readonly string[] {
  const allowed = keepAllowed(granted ?? [audience], [audience, ...resources]);
  if (requested === undefined || requested.length === 0) {
    return allowed;
  }
  const wanted = [...new Set(requested)];
  if (!wanted.every((name) => allowed.includes(name))) {
    throw new InvalidTargetError("the session is not for every resource that was asked for");
  }
  return wanted;
}

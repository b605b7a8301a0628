import { toFactText } from "../errors/facts.ts";

/** What a {@link DocumentError} may carry beside its message. */
interface DocumentErrorOptions {
  /** The status of HTTP that is not a success. */
  readonly status?: number;
  /** What led to it. */
  readonly cause?: unknown;
}

/** A document of an issuer cannot be had, or says nothing that can be used. The message names its URL and the reason. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
  /** The status of HTTP, where it was answered with one that is not a success. */
  readonly status: number | undefined;

  /**
   * @param url where the document is
   * @param why what is wrong, as the rest of a sentence
   */
  constructor(url: URL, why: string, { status, cause }: DocumentErrorOptions = {}) {
    super(`${toPlace(url)} ${why}`, cause === undefined ? undefined : { cause });
    this.status = status;
  }
}

/** A query may hold a key of an API: it is not shown. */
function toPlace({ origin, pathname }: URL): string {
  return toFactText(`${origin}${pathname}`);
}

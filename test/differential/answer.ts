/** What a client got, in a form that can be compared. */
export interface Answer {
  /** Every response that came, the interim ones too. */
  readonly responses: readonly Response[];
  /** How it ended. */
  readonly end: string;
}

/** One response. */
export interface Response {
  readonly status: number;
  /** As they came, behind the status line of HTTP/1.1. */
  readonly headers: readonly string[];
  /** Whether the header was all of it, over HTTP/2. */
  readonly isOver: boolean;
  /** In hexadecimal; of a long body, its beginning, its length and its digest. */
  readonly body: string;
  readonly trailers: readonly string[];
}

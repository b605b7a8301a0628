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
  /** Sorted by name; fields of one name in their order. */
  readonly headers: readonly string[];
  /** In hexadecimal; of a long body, its beginning, its length and its digest. */
  readonly body: string;
  readonly trailers: readonly string[];
}

/** A real browser in a process of its own; disposing of it ends it. */
export interface DrivenBrowser extends AsyncDisposable {
  /** Such as `MiniBrowser 2.50.6`. */
  readonly name: string;
  /** Open a tab. All tabs share their storage. */
  readonly openTab: () => Promise<DrivenTab>;
}

/** One tab of a {@link DrivenBrowser}. */
export interface DrivenTab {
  /** Go to an address, and wait until it has loaded. */
  readonly goTo: (url: string) => Promise<unknown>;
  /** Go back in the history, and wait until the page is shown. */
  readonly goBack: () => Promise<unknown>;
  readonly reload: () => Promise<unknown>;
  /** Evaluate an expression in the page, wait for its promise, and answer with its value, by way of JSON. */
  readonly evaluate: (expression: string) => Promise<unknown>;
}

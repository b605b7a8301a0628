/** Works on its own until it is closed. */
export interface Background {
  start(): void;
  close(): Promise<void>;
}

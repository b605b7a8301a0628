import type { StreamRef } from "./source.ts";

/** The fields of a request to renew streams. */
export interface RenewFields {
  /** The names of those whose owner is not known: servers of the release before know no others. */
  readonly streamIds: string[];
  readonly streams: (StreamRef & { readonly owner: string })[];
}

/** Make the request to renew streams. Only a server that reads owners has said one. */
export function toRenewRequest(refs: readonly StreamRef[]): RenewFields {
  return {
    streamIds: refs.filter(({ owner }) => !owner).map(({ streamId }) => streamId),
    streams: refs.flatMap(({ streamId, owner }) => (owner ? [{ streamId, owner }] : [])),
  };
}

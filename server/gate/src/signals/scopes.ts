/** What a client needs to watch what is revoked. */
export const READ_SCOPE = "signals:read";

/** What a client needs to have its servers renew each other's streams. */
export const RENEW_SCOPE = "signals:renew";

/** The provider at which users sign in. */
export const ISSUER = process.env.NEXT_PUBLIC_ISSUER ?? "";

/** What the provider knows this page as. */
export const CLIENT_ID = process.env.NEXT_PUBLIC_CLIENT_ID ?? "";

/// <reference types="vite/client" />

/** The provider at which users sign in. */
export const ISSUER: string = import.meta.env.VITE_ISSUER ?? "";

/** What the provider knows this page as. */
export const CLIENT_ID: string = import.meta.env.VITE_CLIENT_ID ?? "";

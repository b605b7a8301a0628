import { randomBytes } from "node:crypto";

/** 128 random bits in base64url, twice. */
const RENEWAL_ID = /^(?<hub>[A-Za-z0-9_-]{22})\.[A-Za-z0-9_-]{22}$/;

/** Name a renewal so that its answer finds the hub that asks, whichever one it comes to. @param hub its name */
export function createRenewalId(hub: string): string {
  return `${hub}.${createHubId()}`;
}

/** Name a hub: 128 random bits in base64url. */
export function createHubId(): string {
  return randomBytes(16).toString("base64url");
}

/** Find the hub that has asked. @returns undefined when the text is no name of a renewal */
export function findHub(renewalId: string): string | undefined {
  return RENEWAL_ID.exec(renewalId)?.groups?.hub;
}

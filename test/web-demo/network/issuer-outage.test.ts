import { expect, test } from "vitest";
import { createIssuerOutage } from "../../../web-demo/src/network/issuer-outage.ts";

const ISSUER = "https://demo.test/countersign.auth.v1.SessionService/Refresh";
const API = "https://demo.test/countersign.demo.v1.NotesService/ListNotes";

test("while the issuer is away requests to it fail, and those to the API do not", async () => {
  const sent: unknown[] = [];
  const outage = createIssuerOutage(async (input) => {
    sent.push(input);
    return new Response();
  });
  outage.turn(true);
  await expect(outage.fetch(ISSUER)).rejects.toThrow("Failed to fetch");
  await outage.fetch(API);
  outage.turn(false);
  await outage.fetch(ISSUER);
  expect(sent).toEqual([API, ISSUER]);
});

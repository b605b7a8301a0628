import { expect, test } from "vitest";
import { publicUrlsOf } from "../../server/cli/src/public-urls.ts";
import { notEmpty } from "../support/not-empty.ts";

const settings = {
  publicUrls: [],
  mtlsPort: undefined,
  mtlsUrl: undefined,
  clientCa: undefined,
  tlsCert: undefined,
};
const LOCAL = ["http://localhost:8080", "http://127.0.0.1:8080"];

test.each(
  notEmpty([
    { issuer: "https://auth.example.com", urls: ["https://auth.example.com"] },
    { issuer: "http://localhost:8080", urls: LOCAL },
    { issuer: "http://127.0.0.1:8080", urls: LOCAL },
    { issuer: "http://127.0.0.2:8080", urls: ["http://127.0.0.2:8080", ...LOCAL] },
    { issuer: "http://[::1]:8080", urls: ["http://[::1]:8080", ...LOCAL] },
  ]),
)("proofs for the server at $issuer may name its address, and this machine's other names", (row) => {
  expect(publicUrlsOf(settings, row.issuer).toSorted()).toEqual(row.urls.toSorted());
});

test("proofs name the URLs that are given, and no others", () => {
  const publicUrls = ["https://api.example.com"];
  expect(publicUrlsOf({ ...settings, publicUrls }, "http://127.0.0.1:8080")).toEqual(publicUrls);
});

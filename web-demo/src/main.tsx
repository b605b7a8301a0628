import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/sign-in.css";
import "./styles/drawing.css";
import "./styles/workspace.css";
import "./styles/hero.css";
import "./styles/token.css";
import "./styles/timeline.css";
import "./styles/dials.css";
import "./styles/trials.css";
import "./styles/notes.css";
import "./styles/placeholders.css";
import "./styles/panels.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { createIssuerOutage } from "./network/issuer-outage.ts";
import { createNetworkSwitch } from "./network/network-switch.ts";
import { watchRenewals } from "./network/watch-renewals.ts";
import { createServices } from "./session/services.ts";
import { ServicesProvider } from "./session/services-context.tsx";
import { createTokenLife } from "./session/token-life.ts";
import { createRefreshCounter } from "./tabs/count-refreshes.ts";
import { createTimelineStore } from "./timeline/timeline-store.ts";

const root = document.querySelector("#root");
if (root === null) {
  throw new Error("index.html has no #root");
}

const network = createNetworkSwitch(window.fetch.bind(window));
const timeline = createTimelineStore(Date.now);
// The session and the transport both use the page's own fetch, so one switch cuts off everything.
const issuer = createIssuerOutage(network.fetch);
// What is not sent for the outage counts as sent: the session has tried.
const refreshes = createRefreshCounter(issuer.fetch);
window.fetch = watchRenewals(refreshes.fetch, () => timeline.add({ type: "renewed" }));
const services = createServices(window.location.origin, {
  network,
  issuer,
  sentRefreshes: refreshes.count,
  timeline,
  tokenLife: createTokenLife(window.localStorage),
});

createRoot(root).render(
  <StrictMode>
    <ServicesProvider services={services}>
      <App />
    </ServicesProvider>
  </StrictMode>,
);

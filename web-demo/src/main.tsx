import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/sign-in.css";
import "./styles/drawing.css";
import "./styles/workspace.css";
import "./styles/token.css";
import "./styles/notes.css";
import "./styles/placeholders.css";
import "./styles/panels.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { createServices } from "./session/services.ts";
import { ServicesProvider } from "./session/services-context.tsx";

const root = document.querySelector("#root");
if (root === null) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <ServicesProvider services={createServices(window.location.origin)}>
      <App />
    </ServicesProvider>
  </StrictMode>,
);

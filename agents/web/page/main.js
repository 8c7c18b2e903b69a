// The page: loads the catalogue, follows the streams, and hands on what comes.

import * as alerts from "./alerts.js";
import { follow, get } from "./api.js";
import * as communities from "./communities.js";
import { byId } from "./dom.js";
import * as match from "./match.js";
import * as member from "./member.js";
import * as rates from "./rates.js";
import * as spreads from "./spreads.js";

const RECENT = 50; // alerts of each partition to begin with

async function begin() {
  themes();
  const catalogue = await untilThere(() => get("/v1/catalogue"));
  for (const part of [alerts, match, member, spreads]) part.begin(catalogue);
  communities.begin();
  follow("/v1/pulse", (_, pulse) => takePulse(pulse), state);
  follow(`/v1/alerts?recent=${RECENT}`, (name, data) => name === "message" && alerts.take(data), () => {});
}

async function untilThere(ask) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      state(false);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

function takePulse(pulse) {
  rates.take(pulse);
  spreads.take(pulse);
  say(pulse.problem ? "behind" : "live", pulse.problem ? "behind" : "live");
  const other = pulse.in_force && pulse.in_force !== pulse.catalogue;
  const mixed = other ? `The workers decide by ${pulse.in_force}, this server shows ${pulse.catalogue}.` : "";
  const problem = pulse.problem ? `What you see may be old: ${pulse.problem}.` : "";
  banner([problem, mixed].filter(Boolean).join(" "));
}

function state(connected) {
  if (connected) return; // the first pulse says more
  say("waiting", "reconnecting");
  banner("The server does not answer. The page goes on by itself when it does.");
}

function say(name, text) {
  if (byId("status-text").textContent === text) return;
  byId("status").dataset.state = name;
  byId("status-text").textContent = text;
}

function banner(text) {
  const place = byId("banner");
  if (place.textContent !== text) place.textContent = text;
  place.hidden = !text;
}

function themes() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const now = () => document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
  const label = () => (byId("theme").textContent = now() === "dark" ? "☀ Light" : "☾ Dark");
  byId("theme").addEventListener("click", () => {
    const other = now() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = other;
    localStorage.setItem("tagstream.theme", other);
    label();
  });
  dark.addEventListener("change", label);
  label();
}

begin();

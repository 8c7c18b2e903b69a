// The list of alerts: newest first, filtered, acknowledged in this browser alone.

import { byId, el, figure, number, since, titled, at } from "./dom.js";
import { showMember } from "./member.js";

const KEPT = 1000; // in memory
const SHOWN = matchMedia("(max-width: 900px)").matches ? 8 : 50; // at first
const REMEMBERED = 2000; // acknowledged ones
const STORED = "tagstream.acknowledged";
const SIGNS = { critical: "▲", warning: "◆", info: "●" };

const alerts = []; // newest first
const known = new Set();
const acknowledged = new Set(JSON.parse(localStorage.getItem(STORED) ?? "[]"));
const feed = byId("feed");
let limit = SHOWN;
let paused = false;
let waiting = 0;
let announcedAt = 0;

const keyOf = (alert) => [alert.user_id, alert.detector, alert.time, alert.seq].join(" ");
const filters = () => new FormData(byId("filters"));

/** Take an alert from the stream. */
export function take(alert) {
  const key = keyOf(alert);
  if (known.has(key)) return;
  known.add(key);
  const place = alerts.findIndex((other) => other.time <= alert.time);
  alerts.splice(place < 0 ? alerts.length : place, 0, alert);
  for (const old of alerts.splice(KEPT)) known.delete(keyOf(old));
  if (paused) waiting += 1;
  schedule();
  announce(alert);
}

/** For those who do not see the list: at most one every few seconds. */
function announce(alert) {
  const recent = Date.now() - alert.time < 60_000;
  if (!recent || alert.severity === "info" || Date.now() - announcedAt < 5000) return;
  announcedAt = Date.now();
  byId("announcer").textContent = `${alert.severity}: ${alert.title.en}, user ${alert.user_id}`;
}

/** A burst of alerts is drawn once. */
let scheduled = false;
function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    draw();
  });
}

function draw() {
  byId("pause").textContent = paused ? `Go on${waiting ? ` (${waiting} new)` : ""}` : "Pause";
  drawCounts();
  if (paused) return;
  const wanted = visible();
  const shown = wanted.slice(0, limit);
  const there = new Map([...feed.children].map((item) => [item.dataset.key, item]));
  const keys = new Set(shown.map(keyOf));
  for (const [key, item] of there) if (!keys.has(key)) item.remove();
  shown.forEach((alert, place) => {
    const item = there.get(keyOf(alert)) ?? card(alert);
    if (feed.children[place] !== item) feed.insertBefore(item, feed.children[place] ?? null);
  });
  byId("feed-more").hidden = wanted.length <= limit;
  byId("feed-empty").hidden = shown.length > 0;
  if (alerts.length) byId("feed-empty").textContent = "No alert fits: change the filters above.";
}

function visible() {
  const asked = filters();
  return alerts.filter(
    (alert) =>
      asked.has(alert.severity) &&
      (!asked.get("detector") || asked.get("detector") === alert.detector) &&
      (asked.has("acknowledged") || !acknowledged.has(keyOf(alert))),
  );
}

function drawCounts() {
  const open = alerts.filter((alert) => !acknowledged.has(keyOf(alert)));
  byId("alerts-count").textContent = alerts.length ? `${number(open.length)} open` : "";
  for (const severity of Object.keys(SIGNS)) {
    const label = byId("filters").elements[severity].parentElement.querySelector("b");
    label.textContent = open.filter((alert) => alert.severity === severity).length;
  }
}

function card(alert) {
  const key = keyOf(alert);
  const item = el("li", { class: `alert ${alert.severity}`, "data-key": key });
  if (Date.now() - alert.time < 30_000) item.classList.add("fresh");
  if (acknowledged.has(key)) item.classList.add("done");
  const user = el("button", { type: "button", class: "user", text: alert.user_id, onclick: () => showMember(alert.user_id) });
  item.append(
    el("span", { class: "sign", "aria-hidden": "true", text: SIGNS[alert.severity] }),
    el(
      "div",
      { class: "what" },
      el("h3", {}, ...titled(alert.title, alert.detector)),
      el("p", { class: "line" }, el("span", { class: "badge", text: alert.severity }), user, since(alert.time), ...notes(alert)),
      evidence(alert),
    ),
    acknowledge(alert, item),
  );
  return item;
}

function notes(alert) {
  const found = [];
  if (alert.suppressed) found.push(el("span", { class: "note", text: `${alert.suppressed} quiet before` }));
  if (alert.stale) found.push(el("span", { class: "note", text: "from a backfill" }));
  return found;
}

/** The figures in the line that is always seen, the events behind it. */
function evidence(alert) {
  const { events = [], ...figures } = alert.evidence;
  const said = Object.entries(figures).map(([name, value]) =>
    el("span", {}, `${name.replaceAll("_", " ")} `, el("b", { text: figure(value, name) })),
  );
  const rows = events.map((event) =>
    el(
      "tr",
      {},
      el("td", { text: at(event.time) }),
      el("td", { class: "number", text: event.amount === null ? "" : figure(event.amount) }),
      el("td", { class: "id", text: `${event.id} · ${event.source}` }),
    ),
  );
  const count = el("span", { text: `${events.length} event${events.length === 1 ? "" : "s"}` });
  return el("details", {}, el("summary", {}, count, ...said), rows.length ? table(rows) : null);
}

function table(rows) {
  const head = el(
    "tr",
    {},
    el("th", { scope: "col", text: "Time" }),
    el("th", { scope: "col", class: "number", text: "Amount" }),
    el("th", { scope: "col", text: "Event" }),
  );
  return el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
}

function acknowledge(alert, item) {
  const key = keyOf(alert);
  const button = el("button", { type: "button", class: "quiet ack", onclick: change });
  const label = () => {
    const done = acknowledged.has(key);
    button.textContent = done ? "Reopen" : "Acknowledge";
    button.setAttribute("aria-label", `${button.textContent}: ${alert.title.en}, user ${alert.user_id}`);
  };
  function change() {
    const focused = item.nextElementSibling?.querySelector(".ack") ?? item.previousElementSibling?.querySelector(".ack");
    if (!acknowledged.delete(key)) acknowledged.add(key);
    item.classList.toggle("done", acknowledged.has(key));
    localStorage.setItem(STORED, JSON.stringify([...acknowledged].slice(-REMEMBERED)));
    label();
    draw();
    if (!item.isConnected) (focused ?? byId("pause")).focus(); // the keyboard goes on where it was
  }
  label();
  return button;
}

/** Begin; the catalogue says which detectors there are. */
export function begin(catalogue) {
  const choice = byId("filters").elements.detector;
  for (const detector of catalogue.detectors) {
    choice.append(el("option", { value: detector.name, text: `${detector.title.en} ${detector.title.zh}` }));
  }
  byId("filters").addEventListener("change", () => {
    limit = SHOWN;
    draw();
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("feed-more").addEventListener("click", () => {
    limit += SHOWN;
    draw();
  });
  byId("pause").addEventListener("click", () => {
    paused = !paused;
    waiting = 0;
    byId("pause").setAttribute("aria-pressed", paused);
    draw();
  });
}

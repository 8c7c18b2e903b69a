// One member: tags with since when and why, and what changed lately. Kept fresh while shown.

import { get } from "./api.js";
import { at, byId, el, figure, since, titled } from "./dom.js";

const EVERY_MS = 3000;
const DIMENSIONS = ["anomaly", "risk", "behaviour", "need", "composite", "customer"]; // what is urgent first
let shown = null; // the user's id
let drawn = ""; // the tags that are on the page, as text
let tags = new Map(); // the catalogue's, by name
let order = new Map();

/** Begin: what the catalogue says of tags; a user named in the address is shown. */
export function begin(catalogue) {
  tags = new Map(catalogue.tags.map((tag) => [tag.name, tag]));
  order = new Map(catalogue.tags.map((tag, place) => [tag.name, DIMENSIONS.indexOf(tag.dimension) * 1000 + place]));
  byId("member-form").addEventListener("submit", (event) => {
    event.preventDefault();
    showMember(byId("member-id").value.trim());
  });
  setInterval(() => shown !== null && !document.hidden && refresh(), EVERY_MS);
  const asked = new URLSearchParams(location.search).get("user");
  if (asked) showMember(asked);
}

/** Show this member's card. */
export function showMember(id) {
  shown = id;
  drawn = "";
  byId("member-id").value = id;
  const address = new URL(location);
  address.searchParams.set("user", id);
  history.replaceState(null, "", address);
  byId("member").scrollIntoView({ block: "nearest" });
  return refresh();
}

async function refresh() {
  const id = shown;
  const path = `/v1/users/${encodeURIComponent(id)}`;
  try {
    const has = await known(`${path}/tags`);
    const now = JSON.stringify([id, has]);
    if (shown !== id || now === drawn) return;
    const [why, last] = await Promise.all([known(`${path}/why`), get(`${path}/changes?limit=12`)]);
    if (shown !== id) return;
    drawn = now;
    draw(id, has?.tags ?? {}, why?.why ?? {}, last.changes);
  } catch (error) {
    if (shown === id && !drawn) byId("member-card").replaceChildren(el("p", { class: "fault", text: error.message }));
  }
}

/** The answer, or null for a user without tags. */
async function known(path) {
  try {
    return await get(path);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

function draw(id, has, why, changes) {
  const card = byId("member-card");
  const open = new Set([...card.querySelectorAll("details[open]")].map((one) => one.dataset.tag));
  const focused = card.contains(document.activeElement) ? document.activeElement.parentElement.dataset.tag : null;
  const names = Object.keys(has).sort((one, other) => (order.get(one) ?? 1e6) - (order.get(other) ?? 1e6));
  const list = el("ul", { class: "tags" }, ...names.map((name) => el("li", {}, tag(name, has[name], why[name], open.has(name)))));
  card.replaceChildren(
    el("h3", { class: "id", text: id }),
    names.length ? list : el("p", { class: "empty", text: "This user has no tags: not known, or forgotten." }),
    ...lately(changes),
  );
  if (focused) card.querySelector(`details[data-tag="${focused}"] summary`)?.focus();
}

function tag(name, { value, since: begun }, why, open) {
  const said = tags.get(name);
  const chip = value === true ? null : el("span", { class: "value", text: figure(value) });
  const summary = el("summary", {}, el("span", { class: "name" }, ...titled(said?.title, name)), chip, since(begun));
  return el("details", { "data-tag": name, open, class: said?.dimension }, summary, ...reason(name, why));
}

function reason(name, why) {
  const described = tags.get(name)?.description;
  const lines = described ? [el("p", { class: "hint", text: described })] : [];
  if (!why) return lines;
  const measures = Object.entries(why.measures ?? {}).map(([measure, value]) =>
    el("div", {}, el("dt", { text: measure }), el("dd", { text: figure(value) })),
  );
  const young = "A measure behind it is new: its window is not full yet.";
  const warming = why.warming ? [el("p", { class: "hint", text: young })] : [];
  const rule = el("p", {}, el("span", { class: "because", text: "because " }), el("code", { text: why.rule }));
  return [...lines, rule, el("dl", { class: "figures" }, ...measures), ...warming];
}

function lately(changes) {
  if (!changes.length) return [];
  const rows = changes.map((change) =>
    el(
      "li",
      {},
      el("span", { class: "name" }, ...(change.tag ? titled(tags.get(change.tag)?.title, change.tag) : ["all tags"])),
      el("span", { class: "step" }, `${figure(change.old)} → `, el("b", { text: figure(change.new) })),
      el("span", { class: "cause", title: at(change.time) }, since(change.time), ` · ${change.cause.kind}`),
    ),
  );
  return [el("h4", { text: "Lately" }), el("ol", { class: "lately" }, ...rows)];
}

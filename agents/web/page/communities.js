// The health of communities as a table: its band, and whatever is counted, a column each.

import { poll } from "./api.js";
import { byId, el, number } from "./dom.js";

const EVERY_MS = 5000;
let sortBy = null; // nobody has chosen yet
let falling = true;
let last = { count: 0, communities: [] };

/** Begin to ask, again and again. */
export function begin() {
  poll("/v1/communities?limit=100", EVERY_MS, (table) => {
    last = table;
    draw();
  });
}

function draw() {
  const { count, communities } = last;
  if (!communities.length) return;
  const fields = [...new Set(communities.flatMap((one) => Object.keys(one.counts)))];
  const by = sortBy ?? (fields.includes("members") ? "members" : fields[0]);
  const value = (one) => (isText(by) ? one[by] : (one.counts[by] ?? 0));
  const rows = [...communities].sort((one, other) => (value(one) < value(other) ? -1 : 1) * (falling ? -1 : 1));
  byId("communities-count").textContent = count > rows.length ? `the largest ${rows.length} of ${number(count)}` : number(count);
  const focused = document.activeElement?.dataset.by; // the table is made anew
  const head = el("tr", {}, ...["id", "band", ...fields].map((field) => heading(field, field === by)));
  const body = rows.map((one) =>
    el("tr", {}, el("th", { scope: "row", text: one.id }), el("td", { text: words(one.band) }), ...fields.map((field) => cell(one.counts[field]))),
  );
  byId("communities-table").replaceChildren(el("table", {}, el("thead", {}, head), el("tbody", {}, ...body)));
  if (focused) byId("communities-table").querySelector(`[data-by="${focused}"]`)?.focus();
}

function heading(field, chosen) {
  const order = chosen ? (falling ? "descending" : "ascending") : undefined;
  const label = { id: "Community", band: "health" }[field] ?? words(field);
  const arrow = chosen ? (falling ? " ▼" : " ▲") : "";
  const button = el("button", { type: "button", "data-by": field, onclick: () => choose(field), text: label + arrow });
  return el("th", { scope: "col", "aria-sort": order, class: isText(field) ? "" : "number" }, button);
}

function choose(field) {
  falling = sortBy === field ? !falling : !isText(field); // names rise, numbers fall
  sortBy = field;
  draw();
}

const isText = (field) => field === "id" || field === "band";
const words = (name) => name.replaceAll("_", " ");
const cell = (value) => el("td", { class: "number", text: value === undefined ? "–" : number(value) });

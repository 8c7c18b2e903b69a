// How many members have each value of each tag: bars that move as it changes.

import { byId, el, number, share, titled } from "./dom.js";
import { ask, term } from "./match.js";

const DIMENSIONS = {
  anomaly: ["Anomalies", "异常"],
  risk: ["Risk", "风险特征"],
  behaviour: ["Behaviour", "行为特征"],
  need: ["Need", "资金需求"],
  composite: ["Composite", "综合分群"],
  customer: ["Customer", "客户属性"],
};
const spreads = {};
const cards = new Map(); // by tag
let users = 0;
let tags = new Map();

/** Begin: a card for each tag that has values, one for all flags of a dimension. */
export function begin(catalogue) {
  tags = new Map(catalogue.tags.map((tag) => [tag.name, tag]));
  for (const [dimension, [en, zh]] of Object.entries(DIMENSIONS)) {
    const inside = catalogue.tags.filter((tag) => tag.dimension === dimension);
    if (!inside.length) continue;
    const grid = el("div", { class: "spreads" });
    const flags = inside.filter((tag) => tag.kind === "flag");
    for (const tag of inside.filter((one) => one.kind !== "flag")) grid.append(cardOf(tag));
    if (flags.length) grid.append(flagCard(flags));
    byId("spreads").append(el("h3", {}, ...titled({ en, zh })), grid);
  }
  byId("tags-empty").addEventListener("change", drawAll);
}

/** Take what a pulse tells: the spreads that changed. */
export function take(pulse) {
  const all = users !== pulse.users;
  users = pulse.users;
  Object.assign(spreads, pulse.tags);
  for (const name of all ? Object.keys(spreads) : Object.keys(pulse.tags)) draw(name);
  for (const card of document.querySelectorAll("#spreads .card")) card.hidden = !isShown(card);
}

const drawAll = () => {
  Object.keys(spreads).forEach(draw);
  for (const card of document.querySelectorAll("#spreads .card")) card.hidden = !isShown(card);
};
const isShown = (card) => byId("tags-empty").checked || card.querySelector("li:not([hidden])") !== null;

function cardOf(tag) {
  const bars = el("ul", { class: "bars" });
  const having = el("span", { class: "having" });
  const more = el("p", { class: "hint" });
  cards.set(tag.name, { bars, having, more, rows: new Map() });
  const heading = el("h4", { title: tag.description }, ...titled(tag.title, tag.name));
  return el("article", { class: "card", hidden: true }, el("header", {}, heading, having), bars, more);
}

function flagCard(flags) {
  const bars = el("ul", { class: "bars" });
  for (const tag of flags) cards.set(tag.name, { bars, flag: tag, rows: new Map() });
  return el("article", { class: "card", hidden: true }, el("header", {}, el("h4", { text: "Flags" })), bars);
}

function draw(name) {
  const card = cards.get(name);
  if (!card) return; // not in our catalogue
  const found = spreads[name];
  const values = card.flag ? { true: found.users } : found.values;
  for (const [value, row] of card.rows) if (!(value in values)) remove(card, value, row);
  ordered(name, Object.keys(values)).forEach((value, place) => fill(card, name, value, values[value], place));
  if (card.flag) return;
  card.having.textContent = found.users ? `${number(found.users)} · ${share(found.users, users)}` : "nobody";
  card.more.textContent = found.more ? `and ${number(found.more)} more values` : "";
}

function remove(card, value, row) {
  row.remove();
  card.rows.delete(value);
}

/** As the catalogue has them; of free texts the most frequent first. */
function ordered(name, values) {
  const order = tags.get(name).values;
  return order.length ? order.filter((value) => values.includes(value)) : values;
}

function fill(card, name, value, count, place) {
  if (!card.rows.has(value)) card.rows.set(value, row(card, name, value));
  const line = card.rows.get(value);
  const there = card.bars.children[place];
  if (!card.flag && there !== line) card.bars.insertBefore(line, there ?? null); // in their order
  line.hidden = count === 0 && !byId("tags-empty").checked;
  line.querySelector(".count").textContent = number(count);
  line.querySelector(".part").textContent = share(count, users);
  line.querySelector(".fill").style.transform = `scaleX(${users ? count / users : 0})`;
}

function row(card, name, value) {
  const label = card.flag ? titled(card.flag.title, name) : [el("span", { text: value })];
  const asked = card.flag ? name : term(name, value);
  const button = el(
    "button",
    { type: "button", title: `Find members: ${asked}`, onclick: (event) => ask(asked, event.shiftKey) },
    el("span", { class: "label" }, ...label),
    el("span", { class: "count" }),
    el("span", { class: "part" }),
    el("span", { class: "track", "aria-hidden": "true" }, el("span", { class: "fill" })),
  );
  const line = el("li", {}, button);
  card.bars.append(line);
  return line;
}

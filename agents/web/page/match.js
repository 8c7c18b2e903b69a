// Which members have these tags: a query, its count, and pages of users.

import { get } from "./api.js";
import { byId, el, number } from "./dom.js";
import { showMember } from "./member.js";

const PAGE = 50;
const EXAMPLES = {
  "activity=active and not default_history": ["activity", "default_history"],
  "industry=C and scale=micro_small": ["industry", "scale"],
  "need_purpose=equipment and not anomaly": ["need_purpose", "anomaly"],
  "anomaly in (warning, critical)": ["anomaly"],
  "borrowing=heavy and (default_history or debt_growing)": ["borrowing", "default_history", "debt_growing"],
}; // and the tags that they need

/** A term of a query; values with other signs stand in quotes. */
export function term(tag, value) {
  const plain = /^[A-Za-z0-9_.-]+$/.test(value) && !["and", "or", "not", "in"].includes(value);
  return `${tag}=${plain ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`;
}

/** Ask this; `also`: beside what is asked already. */
export function ask(query, also = false) {
  const input = byId("match-query");
  input.value = also && input.value.trim() ? `(${input.value.trim()}) and ${query}` : query;
  byId("match").scrollIntoView({ block: "nearest" });
  return find(input.value);
}

/** Begin; examples are those whose tags the catalogue has. */
export function begin(catalogue) {
  const names = new Set(catalogue.tags.map((tag) => tag.name));
  const fitting = Object.keys(EXAMPLES).filter((query) => EXAMPLES[query].every((tag) => names.has(tag)));
  const others = catalogue.tags.filter((tag) => tag.values.length).map((tag) => term(tag.name, tag.values[0]));
  const examples = fitting.length ? fitting : others.slice(0, 4);
  const example = (query) => button("example", query, () => ask(query));
  byId("match-examples").append(...examples.map((query) => el("li", {}, example(query))));
  byId("match-form").addEventListener("submit", (event) => {
    event.preventDefault();
    find(byId("match-query").value);
  });
}

const button = (kind, text, onclick) => el("button", { type: "button", class: kind, text, onclick });

async function find(query, cursor = null, list = null) {
  const asked = new URLSearchParams({ q: query, limit: PAGE, ...(cursor ? { cursor } : {}) });
  const result = byId("match-result");
  try {
    const page = await get(`/v1/match?${asked}`);
    const users = list ?? el("ul", { class: "users" });
    users.append(...page.users.map((user) => el("li", {}, button("user", user, () => showMember(user)))));
    const more = page.cursor && button("more", "Show more", () => find(query, page.cursor, users));
    result.replaceChildren(count(page), users, more || "");
  } catch (error) {
    result.replaceChildren(fault(query, error));
  }
}

function count(page) {
  const noun = page.count === 1 ? "member" : "members";
  const behind = page.behind ? ", as it was before Redis went away" : "";
  return el("p", { class: "answer" }, el("b", { text: number(page.count) }), ` ${noun}${behind}`);
}

/** What is wrong, and under the query where. */
function fault(query, error) {
  const lines = [el("p", { text: error.message })];
  if (error.column) lines.unshift(el("pre", { text: `${query}\n${" ".repeat(error.column - 1)}▲` }));
  return el("div", { class: "fault" }, ...lines);
}

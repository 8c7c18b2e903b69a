// Small words for making elements, and for saying numbers and times to people.

/** An element: attributes, `on...` listeners, and children (elements or texts). */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "text") element.textContent = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat("en", { maximumFractionDigits: 10 });
const moment = new Intl.DateTimeFormat("sv", { dateStyle: "short", timeStyle: "medium" });

export const number = (value) => (Math.abs(value) < 10 ? short : whole).format(value);
export const share = (part, all) => (all ? `${short.format((100 * part) / all)} %` : "");
export const at = (ms) => moment.format(ms);

/** A figure for people: times and spans by their size or name, amounts with commas. */
export function figure(value, name = "") {
  if (value === null || value === undefined) return "–";
  if (Array.isArray(value)) return value.map((one) => figure(one)).join(", ") || "none";
  if (value === true || value === false) return value ? "yes" : "no";
  if (typeof value !== "number") return String(value);
  if (name === "within" || name === "silence") return span(value);
  if (Number.isInteger(value) && value > 6e11 && value < 4e12) return at(value);
  return exact.format(value);
}

const UNITS = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1000, "second"],
];

/** A span of time in words: `3 days`, `90 minutes`. */
export function span(ms) {
  const [size, unit] = UNITS.find(([one]) => ms >= one * 2 || (ms >= one && ms % one === 0)) ?? UNITS[3];
  const count = Math.round(ms / size);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

export const ago = (ms) => {
  const passed = Date.now() - ms;
  if (passed < -2000) return `in ${span(-passed)}`;
  return passed < 2000 ? "just now" : `${span(passed)} ago`;
};

/** How long ago that was, kept right while it is on the page; the exact time on hovering. */
export function since(ms) {
  return el("time", { datetime: new Date(ms).toISOString(), title: at(ms), "data-ms": ms, text: ago(ms) });
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-ms]")) {
    const said = ago(Number(time.dataset.ms));
    if (time.textContent !== said) time.textContent = said;
  }
}, 1000);

/** A title in both languages. */
export function titled(title, otherwise) {
  const both = [el("span", { text: title?.en ?? otherwise })];
  if (title?.zh) both.push(" ", el("span", { class: "zh", lang: "zh", text: title.zh }));
  return both;
}

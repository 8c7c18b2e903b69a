// Rates as moving charts: the last two minutes, a point a second.

import { byId, number, at, span } from "./dom.js";

const SECONDS = 120;
const HEIGHT = 100;
const NAMES = { events: "Events", changes: "Tag changes", alerts: "Alerts" };
const still = matchMedia("(prefers-reduced-motion: reduce)");

let seconds = [];

/** Take what a pulse tells: new seconds, and how things stand. */
export function take(pulse) {
  const known = seconds.at(-1)?.time ?? 0; // after a lost connection some come again
  seconds = [...seconds, ...pulse.seconds.filter((second) => second.time > known)].slice(-SECONDS - 2);
  for (const name of Object.keys(NAMES)) draw(name, seconds.map((second) => second[name]));
  byId("users").textContent = number(pulse.users);
  byId("catalogue").textContent = pulse.catalogue;
  byId("clock").textContent = pulse.clock === null ? "no event yet" : clock(pulse.clock, pulse.time);
}

/** The clock of the partition that is furthest behind; far behind is worth saying. */
function clock(ms, now) {
  return now - ms > 10_000 ? `${at(ms)}, ${span(now - ms)} behind` : at(ms);
}

function draw(name, values) {
  const tile = byId(`rate-${name}`);
  const highest = nice(Math.max(...values, 1));
  tile.querySelector(".figure").textContent = number(name === "alerts" ? sum(values) : mean(values.slice(-3)));
  tile.querySelector(".top").textContent = `highest ${number(Math.max(...values, 0))}`;
  const svg = tile.querySelector("svg");
  svg.setAttribute("viewBox", `0 0 ${SECONDS} ${HEIGHT}`);
  svg.setAttribute("aria-label", `${NAMES[name]} a second over two minutes, now ${number(values.at(-1) ?? 0)}`);
  if (!svg.firstChild) svg.innerHTML = `<g><path class="area"/><path class="line"/></g>`;
  const first = SECONDS + (still.matches ? 1 : 2) - values.length; // the newest moves in from the right
  const points = values.map((value, place) => [first + place, HEIGHT - (value / highest) * (HEIGHT - 6) - 1]);
  const line = name === "alerts" ? bars(points) : smooth(points);
  svg.querySelector(".line").setAttribute("d", line);
  const closed = points.length ? `${line}V${HEIGHT}H${points[0][0]}Z` : "";
  svg.querySelector(".area").setAttribute("d", name === "alerts" ? "" : closed);
  if (!still.matches) move(svg.querySelector("g"));
}

function move(group) {
  const frames = [{ transform: "translateX(0)" }, { transform: "translateX(-1px)" }];
  group.getAnimations().forEach((animation) => animation.cancel());
  group.animate(frames, { duration: 1000, fill: "forwards" });
}

/** A curve through the points that never overshoots: flat at each of them. */
function smooth(points) {
  return points
    .map(([x, y], place) => {
      if (!place) return `M${x},${y.toFixed(1)}`;
      const [before, level] = points[place - 1];
      const middle = (before + x) / 2;
      return `C${middle},${level.toFixed(1)} ${middle},${y.toFixed(1)} ${x},${y.toFixed(1)}`;
    })
    .join("");
}

const bars = (points) => points.map(([x, y]) => (y < HEIGHT - 1 ? `M${x},${HEIGHT}V${y.toFixed(1)}` : "")).join("");
const sum = (values) => values.reduce((all, one) => all + one, 0);
const mean = (values) => (values.length ? sum(values) / values.length : 0);

/** The next of 1, 2, 5, 10, 20 ...: the scale does not jump with every point. */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value) * power;
}

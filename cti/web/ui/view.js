// Draws the floor. It knows elements and classes; every word from outside becomes a text node, never markup.

import { clock, languageName, t } from "./words.js";

const LONGEST = 160; // letters of a foreign text that are shown
const MOST_POPS = 6;
const PRESENCES = new Set(["offline", "ready", "ringing", "talking", "wrap_up", "paused"]);
let skew = 0; // server clock minus ours, in milliseconds

export const setClock = (at) => { skew = Date.parse(at) - Date.now(); };

/** An element; `props` are attributes, children are nodes or texts. */
function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) if (value !== undefined) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** Text that came from outside: isolated, so that right-to-left marks cannot reorder what stands beside it. */
function foreign(text, tag = "bdi", props = {}) {
  const whole = String(text ?? "");
  const shown = whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole;
  return h(tag, { dir: "auto", ...props, class: `foreign ${props.class ?? ""}`.trim() }, shown);
}

function ticking(since, props = {}) {
  return Number.isNaN(Date.parse(since)) ? h("span", props, "–") : h("time", { ...props, "data-since": since }, "");
}

/** Bring every running clock up to the second. */
export function tick() {
  const now = Date.now() + skew;
  for (const element of document.querySelectorAll("[data-since]")) {
    const text = clock((now - Date.parse(element.dataset.since)) / 1000);
    if (element.textContent !== text) element.textContent = text;
  }
}

/** Make `parent` show `entries` in order; an element is drawn again only when its entry changed. */
function sync(parent, entries, key, draw, stamp = JSON.stringify) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const entry of entries) {
    const id = String(entry[key]);
    const mark = stamp(entry) + document.documentElement.lang;
    let element = old.get(id);
    old.delete(id);
    if (element === undefined || element.mark !== mark) {
      const fresh = draw(entry);
      fresh.dataset.key = id;
      fresh.mark = mark;
      if (element) {
        if (element === place) place = fresh;
        fresh.classList.add("again");
        element.replaceWith(fresh);
      }
      element = fresh;
    }
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const gone of old.values()) gone.remove();
}

const by = (key) => (a, b) => String(a[key]).localeCompare(String(b[key]), undefined, { numeric: true });
const presenceOf = (agent) => (PRESENCES.has(agent?.presence) ? agent.presence : "offline");
const path = (text) => String(text ?? "").split(">").filter(Boolean).join(" › ");

function digitsOf(digits) {
  const pairs = Array.isArray(digits) ? digits : Object.entries(digits ?? {});
  return pairs.map((pair) => (Array.isArray(pair) ? pair.join(" ") : String(pair))).join(", ");
}

function field(label, node) {
  return node === null ? null : h("div", { class: "field" }, h("dt", null, label), h("dd", null, node));
}

function drawPop(floor, pop) {
  const agent = floor.agents.get(pop.agent);
  const presence = presenceOf(agent);
  const talking = presence === "talking";
  const some = (value, node) => (value ? node(value) : null);
  return h("article", { class: "pop", "data-presence": talking ? "talking" : "ringing" },
    h("header", null,
      h("span", { class: "badge" }, h("i", { "aria-hidden": "true" }), t(talking ? "on_call" : "incoming")),
      floor.subject.kind === "supervisor"
        ? h("span", { class: "quiet" }, `${t("for_agent")} `, foreign(agent?.name ?? pop.agent), " ", foreign(pop.agent)) : null,
      ticking(talking ? agent.since : pop.offered_at, { class: "timer" })),
    h("div", { class: "caller" },
      foreign(pop.number || t("withheld"), "strong", { class: "number" }),
      foreign(pop.customer || pop.name || t("unknown"), "span", { class: pop.customer ? "name known" : "name" })),
    h("dl", null,
      field(t("queue"), foreign(pop.queue)),
      field(t("waited"), h("span", null, clock(pop.waited_seconds ?? 0))),
      field(t("language"), some(pop.language, (tag) => foreign(languageName(tag)))),
      field(t("caller_name"), pop.customer ? some(pop.name, (name) => foreign(name)) : null),
      field(t("path"), some(path(pop.path), (text) => foreign(text))),
      field(t("digits"), some(digitsOf(pop.digits), (text) => foreign(text)))));
}

function drawQueue(queue) {
  const alone = queue.waiting > 0 && !queue.ready;
  const people = Array.from({ length: Math.min(queue.waiting ?? 0, 14) }, () => h("i", null));
  return h("article", { class: "queue", "data-heat": alone ? "hot" : queue.waiting ? "warm" : "calm" },
    h("div", { class: "count" }, h("strong", null, String(queue.waiting ?? 0)), h("span", null, t("n_waiting"))),
    h("div", { class: "body" },
      foreign(queue.queue, "h3"),
      h("div", { class: "people", "aria-hidden": "true" }, ...people),
      h("p", { class: "quiet" },
        h("span", { class: alone ? "alarm" : "" }, alone ? t("nobody_ready") : `${queue.ready ?? 0} ${t("ready_of")}`)),
      queue.today ? drawToday(queue.today) : null),
    h("div", { class: "longest" }, h("span", { class: "quiet" }, t("wait")), ticking(queue.oldest, { class: "timer" })));
}

/** Since midnight, in a line; which definition the service level has is in its tooltip. */
function drawToday(today) {
  const service = today.service_percent ?? null;
  const means = `${today.definition}: ${today.formula}; T ${today.within_seconds} s, S ${today.short_seconds} s`;
  return h("p", { class: "quiet today", title: means },
    `${t("today")}: ${service === null ? "–" : `${service.toFixed(0)} %`} · ${today.answered ?? 0} ${t("answered")} · ${today.abandoned ?? 0} ${t("abandoned")}`);
}

function drawAgent(agent) {
  const presence = presenceOf(agent);
  const reason = agent.reason ? t(`reason.${agent.reason}`, agent.reason) : "";
  return h("article", { class: "agent", "data-presence": presence },
    h("span", { class: "avatar", "aria-hidden": "true" }, [...String(agent.name ?? "?").trim()][0] ?? "?"),
    h("div", { class: "body" },
      foreign(agent.name ?? agent.agent, "h3"),
      h("p", { class: "presence" }, t(`presence.${presence}`), reason ? " · " : "", reason ? foreign(reason) : "")),
    h("div", { class: "side" }, ticking(presence === "offline" ? "" : agent.since, { class: "timer" }), foreign(agent.agent, "small")));
}

function drawCall(floor, call) {
  const agent = floor.agents.get(call.agent);
  const cell = (label, node, name) => h("div", { class: name }, h("span", { class: "label" }, label), node ?? "");
  return h("article", { class: "row", "data-state": String(call.state ?? "") },
    cell(t("state"), h("span", { class: "badge" }, h("i", { "aria-hidden": "true" }), t(`call.${call.state}`, call.state ?? "")), "state"),
    cell(t("caller"), h("span", null, foreign(call.number || t("withheld"), "strong"), " ", foreign(call.name ?? "")), "caller"),
    cell(t("queue"), foreign(call.queue ?? ""), "queue-name"),
    cell(t("agent"), call.agent ? h("span", null, foreign(agent?.name ?? ""), " ", foreign(call.agent, "small")) : h("span", null, "–"), "agent-name"),
    ticking(call.since ?? call.entered, { class: "timer" }));
}

function drawFigures(figures) {
  const figure = (label, node, tone) => h("div", { class: "figure", "data-tone": tone }, h("span", null, t(label)), node);
  const number = (n) => h("strong", null, String(n));
  return [
    figure("waiting", number(figures.waiting), figures.waiting ? "warm" : "calm"),
    figure("longest", h("strong", null, ticking(figures.oldest)), figures.waiting ? "warm" : "calm"),
    figure("ready_agents", number(figures.ready), "ready"),
    figure("talking_agents", number(figures.talking), "talking"),
    figure("in_progress", number(figures.calls), "calm"),
  ];
}

function drawMe(agent, command) {
  const presence = presenceOf(agent);
  const button = (verb, label, reason) => {
    const element = h("button", { type: "button", class: verb === "login" || verb === "unpause" ? "primary" : "soft" }, label);
    element.addEventListener("click", () => command(verb, reason));
    return element;
  };
  const pauses = ["break", "lunch", "meeting"].map((reason) => button("pause", t(`reason.${reason}`), reason));
  const verbs = {
    offline: [button("login", t("login"))],
    paused: [button("unpause", t("unpause")), button("logout", t("logout"))],
    wrap_up: [button("wrap-up-end", t("wrap-up-end")), ...pauses],
    ready: [...pauses, button("logout", t("logout"))],
  };
  return [drawAgent(agent), h("div", { class: "verbs" }, ...(verbs[presence] ?? []))];
}

/** The pops to show: those that ring first, then the newest. A supervisor of three hundred agents sees a few. */
function foremost(floor) {
  const rings = (pop) => floor.agents.get(pop.agent)?.presence !== "talking";
  return [...floor.pops.values()].sort((a, b) => rings(b) - rings(a) || by("offered_at")(b, a)).slice(0, MOST_POPS);
}

/** Draw everything. `command(verb, reason)` is called by the agent's own buttons. */
export function draw(floor, command) {
  const at = (id) => document.getElementById(id);
  const supervisor = floor.subject.kind === "supervisor";
  const me = floor.agents.get(floor.subject.agent);
  document.body.dataset.kind = floor.subject.kind;
  at("site").textContent = floor.site || "CTI";
  at("who").textContent = supervisor ? `${floor.subject.name} · ${t("supervisor")}` : `${floor.subject.name} ${floor.subject.agent}`;
  const withAgent = (pop) => JSON.stringify([pop, floor.agents.get(pop.agent)]);
  sync(at("pops"), foremost(floor), "call", (pop) => drawPop(floor, pop), withAgent);
  sync(at("queues"), [...floor.queues.values()].sort(by("queue")), "queue", drawQueue);
  sync(at("agents"), [...floor.agents.values()].sort(by("agent")), "agent", drawAgent);
  sync(at("calls"), [...floor.calls.values()].sort(by("entered")), "call", (call) => drawCall(floor, call),
    (call) => JSON.stringify([call, floor.agents.get(call.agent)?.name]));
  at("figures").replaceChildren(...drawFigures(floor.figures()));
  at("me").hidden = supervisor || !me;
  if (!at("me").hidden) drawOnce(at("me"), JSON.stringify(me) + document.documentElement.lang, () => drawMe(me, command));
  tick();
}

function drawOnce(parent, mark, make) {
  if (parent.mark === mark) return;
  parent.mark = mark;
  parent.replaceChildren(...make());
}

// Wires the page: token, line, floor, view. Nothing here knows how things look or what a message means.

import { Floor } from "./floor.js";
import { Line } from "./line.js";
import { draw, setClock, tick } from "./view.js";
import { choose, language, t } from "./words.js";

const KEY = "cti.token";
const at = (id) => document.getElementById(id);
const floor = new Floor();
let line = null;
let drawn = false; // a frame is already asked for
let lineState = "off";

function translate() {
  document.documentElement.lang = language();
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-l]")) element.setAttribute("aria-label", t(element.dataset.l));
  at("language").textContent = language() === "zh" ? "English" : "中文";
  at("language").lang = language() === "zh" ? "en" : "zh";
  showLine(lineState);
  if (line) redraw();
}

function showLine(state) {
  lineState = state;
  at("line").dataset.state = state;
  at("line-text").textContent = t(state);
}

function redraw() {
  if (drawn) return;
  drawn = true;
  // A hidden tab gets no frames; its title and clocks must not freeze a queue of them.
  (document.hidden ? (go) => setTimeout(go, 0) : requestAnimationFrame)(() => {
    drawn = false;
    draw(floor, command);
    const calling = [...floor.pops.values()].at(-1);
    document.title = calling ? `☎ ${calling.number || t("withheld")}`.slice(0, 80) : floor.site || "CTI";
  });
}

function take(message) {
  if (message.at) setClock(message.at);
  if (message.type === "snapshot") {
    floor.load(message);
    document.body.dataset.view = "floor";
  } else {
    floor.apply(message);
  }
  if (message.type !== "beat") redraw();
}

function enter(token) {
  sessionStorage.setItem(KEY, token);
  at("login-error").textContent = "";
  line?.close();
  line = new Line(token, { message: take, state: showLine, refused: (code) => leave(t(`close.${code}`)) });
}

function leave(why = "") {
  sessionStorage.removeItem(KEY);
  line?.close();
  line = null;
  floor.load({});
  showLine("off");
  document.body.dataset.view = "login";
  document.title = "CTI";
  at("login-error").textContent = why;
  at("token").focus();
}

async function command(verb, reason) {
  const token = sessionStorage.getItem(KEY);
  const answer = await fetch(`/api/agents/${encodeURIComponent(floor.subject.agent)}/${verb}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: reason ? JSON.stringify({ reason }) : "{}",
  }).catch(() => null);
  if (answer?.ok) return;
  const text = answer ? (await answer.json().catch(() => ({}))).error : "";
  notice(`${t("failed")}${text ? `: ${text}` : ""}`);
}

function notice(text) {
  at("notice").textContent = text;
  setTimeout(() => { if (at("notice").textContent === text) at("notice").textContent = ""; }, 5000);
}

/** A token in the address (`#token=…`) is used once and leaves the address bar and the history at once. */
function tokenOfAddress() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (found !== null) history.replaceState(null, "", location.pathname);
  return found;
}

at("login-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = at("token").value.trim();
  at("token").value = "";
  if (token) enter(token);
});
at("leave").addEventListener("click", () => leave());
at("language").addEventListener("click", () => { choose(language() === "zh" ? "en" : "zh"); translate(); });
addEventListener("hashchange", () => { const token = tokenOfAddress(); if (token) enter(token); });
setInterval(tick, 500);

translate();
const known = tokenOfAddress() ?? sessionStorage.getItem(KEY);
if (known) enter(known);
else at("token").focus();

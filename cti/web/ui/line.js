// The line to the engine: says hello, remembers how far it has read, comes back by itself and resumes there.
// It knows close codes and sequence numbers; it knows nothing of what the messages mean.

const SILENCE_MS = 40_000; // the server beats every 15 s; silence for longer means that the line is dead
const FINAL = new Set([4400, 4401, 4429]); // coming back would not help

export class Line {
  #socket = null;
  #position = null;
  #tries = 0;
  #timer = 0;
  #watchdog = 0;

  /** `on`: {message(m), state("connecting"|"live"|"retry"), refused(code)}. */
  constructor(token, on) {
    this.token = token;
    this.on = on;
    addEventListener("online", this.#soon);
    this.#connect();
  }

  close() {
    removeEventListener("online", this.#soon);
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #soon = () => {
    if (this.#socket !== null) return;
    clearTimeout(this.#timer);
    this.#connect();
  };

  #connect() {
    this.on.state(this.#position ? "retry" : "connecting");
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/live`);
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token: this.token, resume: this.#position }));
    socket.onmessage = (event) => socket === this.#socket && this.#take(JSON.parse(event.data));
    socket.onclose = (event) => socket === this.#socket && this.#lost(event.code);
    this.#watch();
  }

  #take(message) {
    this.#watch();
    if (message.type === "snapshot") this.#position = { epoch: message.epoch, seq: message.seq };
    else if (message.seq > (this.#position?.seq ?? -1)) this.#position = { ...this.#position, seq: message.seq };
    else if (message.type !== "resumed" && message.type !== "beat") return; // already folded in
    if (message.type === "snapshot" || message.type === "resumed") {
      this.#tries = 0;
      this.on.state("live");
    }
    this.on.message(message);
  }

  #lost(code) {
    this.#socket = null;
    clearTimeout(this.#watchdog);
    if (FINAL.has(code)) {
      removeEventListener("online", this.#soon);
      this.on.refused(code);
      return;
    }
    this.on.state("retry");
    const pause = Math.min(8000, 250 * 2 ** this.#tries++) * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(this.#soon, pause);
  }

  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#socket?.close(), SILENCE_MS);
  }
}

// The floor as this screen knows it: a snapshot, then deltas folded in. It knows entities; it knows no page and no socket.

export class Floor {
  constructor() {
    this.load({});
  }

  /** Start anew from a snapshot message. */
  load(snapshot) {
    const keyed = (list, key) => new Map((list ?? []).map((entry) => [entry[key], entry]));
    this.subject = snapshot.subject ?? { kind: "", name: "", agent: "" };
    this.site = snapshot.site;
    this.agents = keyed(snapshot.agents, "agent");
    this.queues = keyed(snapshot.queues, "queue");
    this.calls = keyed(snapshot.calls, "call");
    this.pops = keyed(snapshot.pops, "agent"); // one offer per agent at a time
  }

  /** Fold one delta in. Deltas carry whole entities, so seeing one twice changes nothing. */
  apply({ type, data }) {
    switch (type) {
      case "presence": this.agents.set(data.agent, { ...this.agents.get(data.agent), ...data }); break;
      case "queue": this.queues.set(data.queue, { ...this.queues.get(data.queue), ...data }); break;
      case "call": this.calls.set(data.call, { ...this.calls.get(data.call), ...data }); break;
      case "call_end": this.calls.delete(data.call); break;
      case "pop": this.pops.set(data.agent, data); break;
      case "pop_end": if (this.pops.get(data.agent)?.call === data.call) this.pops.delete(data.agent); break;
    }
  }

  /** The five figures on top. `oldest` is an instant or undefined. */
  figures() {
    const queues = [...this.queues.values()];
    const oldest = queues.map((queue) => queue.oldest).filter(Boolean).sort()[0];
    const count = (presence) => [...this.agents.values()].filter((agent) => agent.presence === presence).length;
    return {
      waiting: queues.reduce((sum, queue) => sum + (queue.waiting ?? 0), 0),
      oldest,
      ready: count("ready"),
      talking: count("talking"),
      calls: this.calls.size,
    };
  }
}

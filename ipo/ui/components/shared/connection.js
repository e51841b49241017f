// What a component tells the server, and whether anyone is there to hear it. The log itself outlives both.
const STATE = "data-test-connection-state";

class Caller {
  constructor() {
    this.sent = 0;
  }

  // `changed` is called when the connection is lost and when it is back.
  watchConnection(changed) {
    const app = document.querySelector(`[${STATE}]`);
    this.watcher = new MutationObserver(changed);
    if (app) this.watcher.observe(app, { attributes: true, attributeFilter: [STATE] });
  }

  unwatchConnection() {
    this.watcher.disconnect();
  }

  get connected() {
    return (document.querySelector(`[${STATE}]`)?.getAttribute(STATE) ?? "CONNECTED") === "CONNECTED";
  }

  // What a user should know while nobody hears; empty while the server does.
  get lost() {
    if (this.connected) return "";
    const kept = this.log.events.length;
    const what = kept ? `${kept} ${kept === 1 ? "judgement is" : "judgements are"}` : "What you judge is";
    return `No connection to the server. ${what} kept in this tab and sent when it is back.`;
  }

  send() {
    this.sent += 1;
    this.setStateValue("log", { client: this.log.client, sent: this.sent, events: this.log.events });
  }

  retry() {
    this.setTriggerValue("retry", Date.now());
    if (this.log.events.length) this.send();
  }
}

// What the server has of mails, asked for once and kept.

const AGAIN_MS = 200; // until what is being computed is asked for again
const REFUSED_MS = 2000; // until what there was not is asked for again
const MAILS_KEPT = 100;

class MailData {
  // `arrived()` is called when something is there that was asked for.
  constructor(address, arrived) {
    Object.assign(this, { address, arrived, list: null, scores: null, answers: new Map(), asked: new Set(), problem: "" });
  }

  // Columns of all mails, and what a run says of them; as the view names them.
  async follow({ mails, run, scores: version }) {
    this.run = run;
    if (mails && this.sha !== mails.sha) {
      Object.assign(this, { sha: mails.sha, list: null, scores: null });
      this.answers.clear();
      const list = await this.fetch(`list/${mails.sha}`);
      if (list && this.sha === mails.sha) Object.assign(this, { list, rowOf: new Map(list.ids.map((id, row) => [id, row])) });
      this.arrived();
    }
    if (version === this.scoresVersion) return;
    this.scoresVersion = version;
    const scores = version && (await this.fetch(`scores/${version}`));
    if (this.scoresVersion !== version) return;
    this.scores = scores;
    this.arrived();
  }

  mail(id) {
    return this.get(`mails/${this.sha}/${id}`);
  }

  opinion(id) {
    return this.run && this.get(`opinions/${this.run}/${id}`);
  }

  order(name) {
    return this.fetch(`orders/${name}`);
  }

  async search(words) {
    return (await this.fetch(`search?words=${encodeURIComponent(words)}`))?.rows;
  }

  // What is kept of an address; asked for if it is not. `problem` says why there was nothing, the last time.
  get(path) {
    if (this.answers.has(path)) return this.answers.get(path);
    this.load(path);
    return null;
  }

  async load(path) {
    if (this.asked.has(path)) return;
    this.asked.add(path);
    const found = await this.fetch(path);
    this.asked.delete(path);
    this.answers.set(path, found);
    if (!found) setTimeout(() => this.answers.delete(path) && this.arrived(), REFUSED_MS);
    if (this.answers.size > 2 * MAILS_KEPT) this.answers.delete(this.answers.keys().next().value);
    this.arrived();
  }

  // JSON of an address, once it is computed; null where there is none, or nobody answers.
  async fetch(path) {
    try {
      for (;;) {
        const answer = await fetch(`${this.address}/${path}`);
        if (answer.status !== 202) {
          this.problem = answer.ok ? "" : await answer.text();
          return answer.ok ? await answer.json() : null;
        }
        await new Promise((go) => setTimeout(go, AGAIN_MS));
        if (this.closed) return null;
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // no answer
      return null;
    }
  }
}

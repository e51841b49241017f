// HTML of the server's making, in which text of users is escaped.

export default (component) => mount(component, (parent) => new LiveHtml(parent));

class LiveHtml {
  constructor(parent) {
    this.root = parent.querySelector(".ipo-live");
  }

  update({ data: { source } }) {
    if (this.address === source.address) return this.place.ask();
    this.place?.end();
    this.address = source.address;
    this.place = followPanel(source, (content) => this.show(content));
  }

  show(content) {
    if (content?.failed) this.root.textContent = content.failed;
    else this.root.innerHTML = content ?? "";
  }

  close() {
    this.place.end();
  }
}

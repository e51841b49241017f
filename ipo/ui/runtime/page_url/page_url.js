// Keeps a parameter in the address of the page. Streamlit rewrites the whole address when a widget that is in it
// changes, now and then after this component heard of its value; so it is looked at again and again.

const LOOK_EVERY = 250; // ms

class PageUrl {
  constructor() {
    this.timer = window.setInterval(() => this.write(), LOOK_EVERY);
  }

  update({ data }) {
    this.data = data;
    this.path = window.location.pathname;
    this.write();
  }

  write() {
    const address = new URL(window.location.href);
    // Another page stands in the address before its run says whether it is one of a session.
    if (address.pathname !== this.path || address.searchParams.get(this.data.name) === this.data.id) return;
    address.searchParams.set(this.data.name, this.data.id);
    window.history.replaceState(window.history.state, "", address);
  }

  close() {
    window.clearInterval(this.timer);
  }
}

export default function (component) {
  return mount(component, () => new PageUrl());
}

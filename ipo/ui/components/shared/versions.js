// Hears from the server when what it shows is another. One stream a tab and address, whoever listens; none in a tab
// that nobody sees, because a browser has six connections to a server for all its tabs.

const streams = (window.ipoStreams ??= new Map()); // address → VersionStream; all components of a page share it
const REOPEN_MS = 1000; // until the next try, where something else answered in the server's stead

// `follower.heard(version)` is called at the beginning and when the version is another, `follower.lost()` when
// nobody answers. Returns what ends that.
function followVersions(address, follower) {
  if (!streams.has(address)) streams.set(address, new VersionStream(address));
  const stream = streams.get(address);
  stream.followers.add(follower);
  if (stream.version !== null) follower.heard(stream.version);
  return () => {
    stream.followers.delete(follower);
    if (stream.followers.size) return;
    stream.end();
    streams.delete(address);
  };
}

class VersionStream {
  constructor(address) {
    this.address = address;
    this.followers = new Set();
    this.version = null; // what was heard last; null while nobody answers
    this.onVisibility = () => this.open();
    document.addEventListener("visibilitychange", this.onVisibility);
    this.open();
  }

  open() {
    this.close();
    if (document.visibilityState === "hidden") return;
    const source = (this.source = new EventSource(this.address));
    source.onmessage = ({ data }) => {
      this.version = Number(data);
      for (const follower of this.followers) follower.heard(this.version);
    };
    source.onerror = () => {
      this.version = null;
      for (const follower of this.followers) follower.lost();
      if (source.readyState === EventSource.CLOSED) this.timer = setTimeout(() => this.open(), REOPEN_MS);
    };
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.version = null;
  }

  end() {
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.close();
  }
}

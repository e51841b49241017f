export default function ({ data }) {
  const address = new URL(window.location.href);
  if (address.searchParams.get(data.name) === data.id) return;
  address.searchParams.set(data.name, data.id);
  window.history.replaceState(window.history.state, "", address);
}

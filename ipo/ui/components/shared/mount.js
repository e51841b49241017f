// The life of a component on the page. Streamlit calls a component with every change of its data. What such a call
// returned is called when the component leaves the page; and also when the call was overtaken by the next one while
// the script was on its way, which the component must outlive.

const mounted = new WeakMap(); // parent → the instance that lives there

// Update the instance at the place of a component with its data; the first call creates it.
function mount(component, create) {
  const { parentElement } = component;
  if (!mounted.has(parentElement)) mounted.set(parentElement, create(parentElement));
  const instance = mounted.get(parentElement);
  instance.update(component);
  instance.keyboard?.claim();
  return () => {
    if (parentElement.isConnected || mounted.get(parentElement) !== instance) return;
    mounted.delete(parentElement);
    instance.close();
  };
}

"""The life of a component in the browser, in the order in which Streamlit tells of it."""

import pytest
from playwright.sync_api import Browser

from ipo.ui.components.bundle import shared_scripts

pytestmark = pytest.mark.e2e

# Two calls while the script is on its way, of which Streamlit ends the first; then one more, and the end.
_LIFE = """(source) => {
  const mount = new Function(`${source}; return mount;`)();
  const seen = [];
  class Counter {
    update({ data }) { seen.push(`update ${data}`); }
    close() { seen.push("close"); }
  }
  const host = document.body.appendChild(document.createElement("div"));
  const parentElement = host.attachShadow({ mode: "open" });
  const call = (data) => mount({ data, parentElement }, () => (seen.push("create"), new Counter()));
  const ends = [call(1), call(2)];
  ends[0]();
  ends.push(call(3));
  host.remove();
  ends[2]();
  ends[1]();
  return seen;
}"""


def test_a_component_outlives_a_call_that_was_overtaken_and_is_closed_once(browser: Browser) -> None:
    page = browser.new_page()
    seen = page.evaluate(_LIFE, shared_scripts("mount"))
    page.close()
    assert seen == ["create", "update 1", "update 2", "update 3", "close"]

"""Bringing one's own mails in a real browser: upload a table and an mbox, then train."""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from ipo.mail.mails import LABEL_NAMES
from tests.support.app_server import AppServer
from tests.support.mail import mbox, message
from tests.support.mails import COUNT, small_mails

pytestmark = pytest.mark.e2e
PATIENCE = 90_000  # milliseconds; bounds a hang only


@pytest.fixture
def page(browser: Browser, server: AppServer) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{server.url}/mail")
    yield page
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.close()


def table() -> bytes:
    """The small set of mails as a spreadsheet writes it, and a row that nobody can read."""
    mails, file = small_mails(), io.StringIO()
    rows = csv.writer(file)
    rows.writerow(["Subject", "Body", "Label"])
    rows.writerows(zip(mails.titles, mails.bodies, (LABEL_NAMES[code] for code in mails.given), strict=True))
    rows.writerow(["Odd", "Who knows", "perhaps"])
    return file.getvalue().encode("utf-8-sig")


def upload(page: Page, name: str, content: bytes) -> None:
    chooser = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    chooser.set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})


def test_mails_of_a_table_and_an_mbox_come_in_and_train_a_filter(page: Page) -> None:
    upload(page, "letters.csv", table())
    train = page.locator(".st-key-train_stage_train").get_by_role("button")
    expect(train).to_be_enabled(timeout=PATIENCE)

    page.get_by_role("button", name="Import mails").click()
    expect(page.get_by_text(f"Mails added: {COUNT}, known already: 0, problems: 1.")).to_be_visible(
        timeout=PATIENCE
    )
    title = page.get_by_role("textbox", name="Name of the set")
    title.fill("letters")
    title.press("Enter")
    upload(page, "more.mbox", mbox(message("One more."), message("And one.")))
    expect(page.get_by_text(f"The set has {COUNT + 2} mails now.")).to_be_visible(timeout=PATIENCE)
    upload(page, "letters.mbox", b"%PDF-1.7")
    expect(page.get_by_text("letters.mbox: this is a PDF")).to_be_visible(timeout=PATIENCE)

    page.keyboard.press("Escape")
    train.click()
    expect(page.get_by_text(re.compile(r"F1 \d\.\d{3}"))).to_be_visible(timeout=PATIENCE)

"""The Dagster UI, opened in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.data_platform.served.conftest import ServedPlatform
from tests.servers.chromium import require_chromium

ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run",
)
PATIENCE_MILLISECONDS = 60_000


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(require_chromium()), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        yield page
        browser.close()


def test_the_page_of_the_flights_shows_its_checks(served_platform: ServedPlatform, page: Page) -> None:
    page.goto(f"{served_platform.url}/assets/core/flight?view=checks")
    expect(page.get_by_text("not_null", exact=True).first).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def test_the_column_lineage_of_a_mart_is_drawn(served_platform: ServedPlatform, page: Page) -> None:
    page.goto(f"{served_platform.url}/assets/marts/delay_by_route?view=lineage&column=scheduled_flights")
    expect(page.get_by_text("flight", exact=False).first).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def test_the_overview_has_no_error(served_platform: ServedPlatform, page: Page) -> None:
    page.goto(f"{served_platform.url}/locations")
    expect(page.get_by_text("data_platform.definitions").first).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    expect(page.get_by_text("Loaded").first).to_be_visible(timeout=PATIENCE_MILLISECONDS)

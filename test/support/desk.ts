/** The trader's desk in a real browser, in the words of somebody who uses it. */
import { randomUUID } from 'node:crypto';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
];

export const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: FLAGS, headless: true });

export interface OrderForm {
  side: 'buy' | 'sell';
  type: 'market' | 'limit';
  quantity: string;
  price?: string;
}

export class Desk {
  readonly page: Page;
  /** What the page complained about; a test that ends with entries here has found something. */
  readonly errors: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      // A lost connection is what some of the tests are about; the browser reports each as an error.
      const isNetwork = /Failed to load resource|net::ERR/.test(message.text());
      if (message.type() === 'error' && !isNetwork) this.errors.push(message.text());
    });
  }

  /** Of several (wide and narrow layout), the one that can be seen. */
  at(testId: string): Locator {
    return this.page.getByTestId(testId).filter({ visible: true });
  }

  /** As somebody new. */
  async signUp(web: string): Promise<void> {
    await this.page.goto(`${web}/signup`);
    await this.at('signup-email').fill(`${randomUUID()}@example.com`);
    await this.at('signup-password').fill(`correct horse ${randomUUID()}`);
    await this.at('signup-submit').click();
    await this.at('start-simulator').waitFor();
  }

  /** Chooses a scenario and starts it. Resolves when the stream is live and a book is there. */
  async start(scenario: string): Promise<void> {
    await this.at(`scenario-card-${scenario}`).click();
    await this.at('start-simulator').click();
    await this.page.waitForURL('**/desk/**');
    await this.isLive();
    await this.at('book-ask').first().waitFor();
  }

  async isLive(timeoutMs = 30_000): Promise<void> {
    await this.page
      .locator('[data-testid=connection-badge][data-link=live]')
      .filter({ visible: true })
      .waitFor({ timeout: timeoutMs });
  }

  connection(): Promise<string | null> {
    return this.at('connection-badge').first().getAttribute('data-link');
  }

  async order({ side, type, quantity, price }: OrderForm): Promise<void> {
    await this.at(`ticket-side-${side}`).click();
    await this.at(`ticket-type-${type}`).click();
    await this.at('ticket-quantity').fill(quantity);
    if (price) await this.at('ticket-price').fill(price);
    await this.at('ticket-submit').click();
    await this.at('ticket-confirm').click();
  }

  async tab(name: 'positions' | 'orders' | 'executions' | 'history'): Promise<void> {
    await this.at(`tab-${name}`).click();
  }

  async text(testId: string): Promise<string> {
    return ((await this.at(testId).first().textContent()) ?? '').trim();
  }

  async bestPrice(side: 'bid' | 'ask'): Promise<number> {
    return Number(await this.at(`book-${side}`).first().getAttribute('data-price'));
  }

  /** Ids of the rows of a table, sorted. */
  async ids(row: 'open-order-row' | 'execution-row', attribute: string): Promise<string[]> {
    const rows = await this.at(row).all();
    const ids = await Promise.all(rows.map((each) => each.getAttribute(attribute)));
    return ids.filter((id) => id !== null).sort();
  }
}

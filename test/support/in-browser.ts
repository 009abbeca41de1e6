/** What files of browser tests begin and end with. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { findBrowser } from '../../scripts/first-run/browser.ts';
import { launch } from './desk.ts';
import { type Network, openNetwork } from './network.ts';
import { complaintsIn, type System, startSystem } from './system.ts';

const OPEN_TIMEOUT_MS = 240_000;
const BADGE_TIMEOUT_MS = 1_000;
export const WIDE = { width: 1440, height: 900 };

const executablePath = findBrowser();
export const hasBrowser = executablePath !== null;

export interface Opened {
  /** What a trader opens. */
  web: string;
  /** A page of somebody who was never here before, on a wide screen. */
  newPage(): Promise<Page>;
}

export interface OpenedApart extends Opened {
  system: System;
  network: Network;
}

interface Ground<T> {
  opened: T;
  complaints(): string[];
  close(): Promise<void>;
}

type NewPage = Opened['newPage'];

/** Before the tests: a browser, and the installation that files share. Nothing may be killed in it. */
export function inBrowser(begin: (opened: Opened) => Promise<void>): void {
  register(async (newPage) => {
    const { web, home } = inject('installation');
    return {
      opened: { web, newPage },
      complaints: () => complaintsIn(home),
      close: async () => {},
    };
  }, begin);
}

/** Before the tests: a browser, and a system of the file's own behind a network that it can cut. */
export function inBrowserApart(begin: (opened: OpenedApart) => Promise<void>): void {
  register(async (newPage) => {
    const network = await openNetwork();
    const system = await startSystem({ env: { PUBLIC_ORIGIN: network.origin } });
    network.leadTo(system.ports.web);
    return {
      opened: { web: network.origin, newPage, system, network },
      complaints: system.complaints,
      close: async () => {
        await network.close();
        await system.dispose();
      },
    };
  }, begin);
}

function register<T extends Opened>(
  prepare: (newPage: NewPage) => Promise<Ground<T>>,
  begin: (opened: T) => Promise<void>,
): void {
  let browser: Browser | undefined;
  let ground: Ground<T> | undefined;
  const pages: Page[] = [];
  const newPage = async () => {
    const context = await browser!.newContext({ viewport: WIDE });
    const page = await context.newPage();
    pages.push(page);
    return page;
  };
  beforeAll(async () => {
    browser = await launch(executablePath!);
    ground = await prepare(newPage);
    await begin(ground.opened);
  }, OPEN_TIMEOUT_MS);
  afterAll(async () => {
    await browser?.close();
    await ground?.close();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    console.log([...(await Promise.all(pages.map(badge))), ...ground!.complaints()].join('\n'));
  });
}

async function badge(page: Page): Promise<string> {
  const badges = page.getByTestId('connection-badge').first();
  const link = await badges
    .getAttribute('data-link', { timeout: BADGE_TIMEOUT_MS })
    .catch(() => 'nothing');
  return `${page.url()}: the badge says ${link}`;
}

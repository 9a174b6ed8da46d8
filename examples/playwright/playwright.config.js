import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: '.',
  fullyParallel: true,
  reporter: 'list',
  // For a machine that does something else as well.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  // Another Chromium than the one that `npx playwright install chromium` installs, where there is one.
  use: { launchOptions: { executablePath: process.env.CHROMIUM || undefined } },
})

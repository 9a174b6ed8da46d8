import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: '.',
  fullyParallel: true,
  reporter: 'list',
  // Another Chromium than the one that `npx playwright install chromium` installs, where there is one.
  use: { launchOptions: { executablePath: process.env.CHROMIUM || undefined } },
})

import { defineConfig } from 'vitest/config'

// The first test starts the server, which takes longer on a machine that does something else as well.
export default defineConfig({ test: { include: ['*.test.js'], testTimeout: 60_000, hookTimeout: 60_000 } })

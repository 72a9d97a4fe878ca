import { defineConfig } from 'vitest/config'

/** `fast` is what `npm run check` runs; `slow` spawns processes, injects faults or runs thousands of seeds. */
export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line.ts'],
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/{unit,contract,golden}/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'slow',
          include: ['test/{sim,faults,e2e}/**/*.test.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 60_000,
          fileParallelism: true,
        },
      },
    ],
  },
})

/**
 * Four projects, run one after the other: `unit` (the inner loop), `contract` (every adapter of a port
 * through one suite, with the real server behind it), `sim` (the seeded simulator), `e2e` (processes).
 * Test files and sources are loaded by Node itself, so what is tested is what Node runs in production.
 */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const MINUTE_MS = 60_000;

/** Two on the smallest machine: tests that wait for a broker or a file leave the core to others. */
const WORKERS = Math.max(2, availableParallelism() - 1);

/** What every project shares. `order` keeps the heavy projects from running beside each other. */
function project(name: string, order: number, include: string[], timeoutMs: number) {
  return {
    test: {
      name,
      include,
      runner: './test/runner.ts',
      testTimeout: timeoutMs,
      hookTimeout: Math.max(timeoutMs, 3 * MINUTE_MS),
      maxWorkers: WORKERS,
      sequence: { groupOrder: order },
      experimental: { viteModuleRunner: false, nodeLoader: false },
    },
  };
}

const unit = ['test/unit/**/*.test.ts', 'test/*.test.ts', 'plugins/**/*.test.ts'];
const contract = ['test/contract/**/*.test.ts', 'test/services/*.test.ts'];
const e2e = project('e2e', 3, ['test/e2e/**/*.test.ts'], 10 * MINUTE_MS);

export default defineConfig({
  test: {
    reporters: ['./test/reporter.ts'],
    globalSetup: './test/services/setup.ts',
    projects: [
      project('unit', 0, unit, MINUTE_MS / 2),
      project('contract', 1, contract, 3 * MINUTE_MS),
      project('sim', 2, ['test/sim/**/*.test.ts'], 10 * MINUTE_MS),
      { test: { ...e2e.test, maxWorkers: 1 } },
    ],
  },
});

// A world for commands under test: text is collected, time stands still, the environment is empty.
import type { Output, World } from '../../../src/cli/world.ts'

interface FakeOutput extends Output {
  text(): string
}

function fakeOutput(columns?: number, colour: Output['colour'] = 0): FakeOutput {
  let all = ''
  return { write: (text) => void (all += text), columns, colour, text: () => all }
}

export interface FakeWorld extends World {
  readonly stdout: FakeOutput
  readonly stderr: FakeOutput
}

export const NOW = Date.UTC(2026, 4, 17, 8, 0, 0)

export function fakeWorld(world: Partial<Pick<World, 'env' | 'cwd'>> & { readonly columns?: number } = {}): FakeWorld {
  const clock = { now: () => NOW, monotonic: () => 0, sleep: () => Promise.resolve() }
  const { columns, ...rest } = world
  return { env: {}, cwd: '/nowhere', clock, ...rest, stdout: fakeOutput(columns), stderr: fakeOutput(columns) }
}

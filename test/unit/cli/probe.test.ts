// Asking sources and destinations whether they would take us: nothing of them is trusted, and each is closed again.
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { DestinationConfig, RelayConfig, SourceConfig } from '../../../src/config/config.ts'
import { SetupError } from '../../../src/model/errors.ts'
import { probeAll } from '../../../src/cli/probe.ts'
import type { World } from '../../../src/cli/world.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const world = { clock: new TestClock() } as unknown as World

/** One that is probed so; `closed` counts how often it was closed. */
function someone(name: string, probe: (() => Promise<void>) | undefined, closed: string[], options = () => ({})) {
  const open = () => ({ ...(probe && { probe }), close: async () => void closed.push(name) })
  return { name, kind: { type: 'some', open }, options, timeoutMs: 1_000 }
}

function config(sources: readonly unknown[], destinations: readonly unknown[], path = '/tmp/s.db'): RelayConfig {
  const given = {
    state: { path },
    sources: sources as SourceConfig[],
    destinations: destinations as DestinationConfig[],
  }
  return given as unknown as RelayConfig
}

it('says of each whether it is ready, what is wrong with it, or that nobody knows; and closes what it opened', async () => {
  const closed: string[] = []
  const well = () => Promise.resolve()
  const ill = () => Promise.reject(new Error('the folder is gone'))
  const missing = (): never => {
    throw new SetupError('the environment variable TOKEN is not set')
  }
  const all = config(
    [someone('app', well, closed), someone('mute', undefined, closed)],
    [someone('siem', ill, closed), someone('hook', undefined, closed), someone('late', well, closed, missing)],
  )
  expect(await probeAll(all, world)).toEqual([
    { what: 'state', name: '/tmp/s.db', result: 'ready', text: '' },
    { what: 'source', name: 'app', result: 'ready', text: '' },
    { what: 'source', name: 'mute', result: 'unknown', text: 'cannot be asked; run --once reads it' },
    { what: 'destination', name: 'siem', result: 'failed', text: 'the folder is gone' },
    {
      what: 'destination',
      name: 'hook',
      result: 'unknown',
      text: 'cannot be asked; audit-relay test-destination hook sends it a test event',
    },
    { what: 'destination', name: 'late', result: 'failed', text: 'the environment variable TOKEN is not set' },
  ])
  expect(closed).toEqual(['app', 'mute', 'siem', 'hook'])
})

it('says where the state cannot be, as a run would find, and makes nothing', async () => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'audit-relay-probe-'))
  try {
    const file = join(folder, 'file')
    fs.writeFileSync(file, '')
    const probed = async (path: string) => (await probeAll(config([], [], path), world))[0]
    const gone = join(folder, 'gone')
    expect(await probed(join(gone, 's.db'))).toMatchObject({
      result: 'failed',
      text: `the folder ${gone} of the state does not exist; create it, or mount the volume that holds it`,
    })
    expect(await probed(join(file, 's.db'))).toMatchObject({ result: 'failed' })
    expect(await probed(folder)).toMatchObject({ result: 'failed' })
    expect(await probed(join(folder, 's.db'))).toMatchObject({ result: 'ready', name: join(folder, 's.db') })
    fs.chmodSync(folder, 0o500)
    // Root may write everywhere.
    const refused = process.getuid?.() === 0 ? 'ready' : 'failed'
    expect(await probed(join(folder, 's.db'))).toMatchObject({ result: refused })
    expect(fs.readdirSync(folder)).toEqual(['file'])
  } finally {
    fs.chmodSync(folder, 0o700)
    fs.rmSync(folder, { recursive: true })
  }
})

it('says nothing of trying again: a probe is made once', async () => {
  const refuse = (text: string) => async () => Promise.reject(new Error(text))
  const sources = [
    someone('app', refuse('answered 503: busy (it is tried again)'), []),
    someone('billing', refuse('no answer (it is tried again; check the network)'), []),
  ]
  const probed = await probeAll(config(sources, []), world)
  expect(probed.slice(1).map(({ text }) => text)).toEqual(['answered 503: busy', 'no answer (check the network)'])
})

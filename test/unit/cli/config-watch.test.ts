import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchConfig, type ConfigWatchParts } from '../../../src/cli/config-watch.ts'
import { ConfigError } from '../../../src/model/errors.ts'
import type { TelemetryEvent } from '../../../src/telemetry/events.ts'
import { TestClock } from '../../fakes/test-clock.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'audit-relay-watch-'))
  file = path.join(folder, 'audit-relay.yaml')
  fs.writeFileSync(file, 'state: a.db\n')
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

function rig(validate: () => Promise<unknown> = () => Promise.resolve(), found?: ConfigWatchParts['found']) {
  const events: TelemetryEvent[] = []
  const clock = new TestClock()
  const watch = watchConfig({
    config: { file },
    world: { env: {}, clock },
    telemetry: { emit: (e) => void events.push(e) },
    validate,
    ...(found && { found }),
  })
  return { watch, events, clock }
}

test('what is found is told from the start on, until it is over', async () => {
  const told: (boolean | undefined)[] = []
  const { watch } = rig(undefined, (change) => {
    told.push(change?.valid)
    return Promise.reject(new Error('no room for a notice'))
  })
  const text = fs.readFileSync(file)
  fs.writeFileSync(file, 'state: other.db\n')
  await watch.check()
  fs.writeFileSync(file, text)
  await watch.check()
  expect(told).toEqual([undefined, true, undefined])
})

function reject(): Promise<never> {
  const fault = { file, line: 3, severity: 'error' as const, message: 'unknown key "destinatons"' }
  return Promise.reject(new ConfigError([fault, { ...fault, line: 9 }]))
}

test('a change on disk is told once, within seconds', async () => {
  const { watch, events, clock } = rig()
  const stop = new AbortController()
  const running = watch.run(stop.signal)
  await clock.advance(60_000)
  expect(events).toEqual([])
  fs.writeFileSync(file, 'state: other.db\n')
  await clock.advance(60_000)
  expect(events).toEqual([
    { type: 'config_changed_on_disk', file, valid: true, text: `${file} changed and is valid: restart to apply it` },
  ])
  expect(watch.change()?.valid).toBe(true)
  stop.abort()
  await running
})

test('touching the file without changing it is no change', async () => {
  const { watch, events, clock } = rig()
  const stop = new AbortController()
  const running = watch.run(stop.signal)
  fs.utimesSync(file, 1, 1)
  await clock.advance(10_000)
  expect(events).toEqual([])
  stop.abort()
  await running
})

test('a broken file is told with its first fault, and the relay goes on', async () => {
  const { watch, events } = rig(reject)
  fs.writeFileSync(file, 'destinatons:\n')
  await watch.check()
  expect(events[0]).toMatchObject({
    valid: false,
    text: expect.stringContaining('line 3: unknown key "destinatons", and 1 more') as string,
  })
  expect(watch.change()?.valid).toBe(false)
})

test('SIGHUP says something even when nothing changed', async () => {
  const { watch, events } = rig()
  await watch.check()
  expect(events[0]).toMatchObject({ valid: true, text: `${file} is the configuration in force, and valid` })
  expect(watch.change()).toBeUndefined()
})

test('a file that vanishes is told, and one that comes back as it was ends the change', async () => {
  let valid = false
  const { watch, events } = rig(() => (valid ? Promise.resolve() : reject()))
  const text = fs.readFileSync(file)
  fs.rmSync(file)
  await watch.check()
  expect(watch.change()?.valid).toBe(false)
  valid = true
  fs.writeFileSync(file, text)
  await watch.check()
  expect(watch.change()).toBeUndefined()
  expect(events).toHaveLength(2)
})

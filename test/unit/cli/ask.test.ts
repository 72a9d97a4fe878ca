// Asking a holder that ends at the wrong moment: it is done here instead, once, and what was written down is not lost.
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askHolder } from '../../../src/cli/ask.ts'
import type { World } from '../../../src/cli/world.ts'
import { ControlError, StateHeldError } from '../../../src/model/errors.ts'
import { StateLock } from '../../../src/store/sqlite/lock.ts'
import { openSqliteStore } from '../../../src/store/sqlite/open.ts'
import { openSqliteReader } from '../../../src/store/sqlite/reader.ts'
import type { Asked, StoredRequest } from '../../../src/store/requests.ts'
import { commitOf, ids } from '../../contract/store-events.ts'
import { fakeWorld, NOW } from './fake-world.ts'

const disable: Asked = { kind: 'disable_source', source: 'app' }
let folder: string
let path: string
/** A holder that does nothing but hold. */
let holder: StateLock | undefined

beforeEach(async () => {
  folder = fs.mkdtempSync(join(os.tmpdir(), 'audit-relay-ask-'))
  path = join(folder, 'state.db')
  const bounds = { maxBytes: Infinity, keepMs: Infinity }
  const { clock } = fakeWorld()
  const store = await openSqliteStore({ path, bounds, reserveBytes: 0, newState: false, clock })
  await store.commitPage(commitOf(store, 'app', ids('a')), NOW)
  await store.close(NOW)
  hold()
})
afterEach(() => {
  letGo()
  fs.rmSync(folder, { recursive: true })
})

function hold(): void {
  holder ??= StateLock.take(`${path}.lock`)
}

function letGo(): void {
  holder?.release()
  holder = undefined
}

/** A world in which something happens whenever the time is asked for, and whenever somebody waits. */
function worldWhere(happens: { readonly asked?: () => void; readonly waits?: () => void }): World {
  const world = fakeWorld()
  const now = (): number => {
    happens.asked?.()
    return world.clock.now()
  }
  const sleep = async (): Promise<void> => {
    happens.waits?.()
    // The state writes in a later turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { ...world, clock: { ...world.clock, now, sleep } }
}

async function requests(): Promise<readonly StoredRequest[]> {
  const reader = await openSqliteReader(path)
  try {
    return await reader.requests(100)
  } finally {
    await reader.close()
  }
}

describe('row 11: a holder that ends while it is asked', () => {
  it('before it was written down: it is done here', async () => {
    expect(await askHolder(disable, { state: path }, worldWhere({ asked: letGo }))).toMatchObject({ state: 'done' })
    expect(await requests()).toMatchObject([{ asked: disable, state: 'done' }])
  })

  it('after it was written down: that request is done here, and no other', async () => {
    expect(await askHolder(disable, { state: path }, worldWhere({ waits: letGo }))).toMatchObject({ state: 'done' })
    expect(await requests()).toMatchObject([{ asked: disable, state: 'done' }])
  })
})

describe('a state that changes hands all the time', () => {
  it('before anything could be asked: to be tried again, and nothing is left behind', async () => {
    const asking = askHolder(disable, { state: path }, worldWhere({ asked: letGo, waits: hold }))
    await expect(asking).rejects.toThrow(new StateHeldError(`the state ${path} changes hands all the time; try again`))
    expect(await requests()).toEqual([])
  })

  it('after it was asked: the request is kept, and it is said', async () => {
    const failure = await askHolder(
      disable,
      { state: path },
      worldWhere({ waits: () => (holder ? letGo() : hold()) }),
    ).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ControlError)
    expect((failure as Error).message).toBe(
      `the state ${path} changes hands all the time before request 1 was done; it is kept, and the next "audit-relay run" goes on with it`,
    )
    expect(await requests()).toMatchObject([{ id: 1, asked: disable, state: 'asked' }])
  })
})

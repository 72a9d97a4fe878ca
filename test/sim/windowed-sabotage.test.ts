// The checker of windows checked: relays that are broken on purpose, each of which must be noticed.
import { expect, it } from 'vitest'
import { SourceError, WindowError } from '../../src/model/errors.ts'
import type { SourceKind, WindowSource } from '../../src/sources/source.ts'
import type { PageCommit, Store } from '../../src/store/store.ts'
import { changed } from './changed.ts'
import { simulateWindows, type WindowSabotage } from './windowed.ts'

/** A healthy relay passes all of these seeds (see windowed.test.ts); a broken one must fail at least one. */
const seeds = 40

const variants: Record<string, WindowSabotage> = {
  'nothing is read again': { settings: { overlapMs: 0 } },
  'nothing is swept': { settings: { sweepsMs: [] } },
  'the last sweep comes too early': { settings: { sweepsMs: [3_600_000] } },
  "the frontier runs ahead of the source's clock": { store: (store) => committing(store, ahead('live')) },
  'progress is kept over another window': { kind: around(rememberingProgress) },
  'of a window that is too wide only the first half is read': { kind: around(firstHalf) },
  'a page that failed counts as read': { kind: around(failuresForgotten) },
  'a sweep jumps over what it has not read': { store: (store) => committing(store, ahead('sweep')) },
  'the cursor is saved before the page': {
    store: (store, clock) =>
      changed(store, {
        commitPage: async (commit, now) => {
          const { source, lane } = commit
          await store.saveCursors(source, lane, cursorsOf(commit, lane), now)
          await clock.sleep(500)
          return store.commitPage(commit, now)
        },
      }),
  },
  'repeats are not recognised': { store: (store) => committing(store, withoutIdentity()) },
}

for (const [name, sabotage] of Object.entries(variants))
  it(`is noticed: ${name}`, async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { faults } = await simulateWindows(seed, sabotage)
      if (faults.length > 0) return
    }
    expect.unreachable(`${seeds} histories went by unnoticed`)
  })

type ReadWindow = WindowSource['readWindow']

/** The same kind whose windows are read by another hand. */
function around(hand: (right: ReadWindow) => ReadWindow): (kind: SourceKind) => SourceKind {
  return (kind) => ({
    ...kind,
    open(options, tools) {
      const source = kind.open(options, tools) as WindowSource
      return { ...source, readWindow: hand(source.readWindow.bind(source)) }
    },
  })
}

function rememberingProgress(right: ReadWindow): ReadWindow {
  const last = new Map<string, string>()
  return async function* (request, signal) {
    for await (const page of right(
      { ...request, progress: request.progress ?? last.get(request.part) ?? null },
      signal,
    )) {
      if (page.progress !== undefined) last.set(request.part, page.progress)
      yield page
    }
  }
}

function firstHalf(right: ReadWindow): ReadWindow {
  return async function* (request, signal) {
    const { from, to } = request.window
    try {
      yield* right(request, signal)
    } catch (error) {
      if (!(error instanceof WindowError && error.kind === 'too_wide')) throw error
      yield* firstHalf(right)({ ...request, window: { from, to: Math.ceil((from + to) / 2) } }, signal)
    }
  }
}

function failuresForgotten(right: ReadWindow): ReadWindow {
  return async function* (request, signal) {
    try {
      yield* right(request, signal)
    } catch (error) {
      if (!(error instanceof SourceError)) throw error
    }
  }
}

function committing(store: Store, change: (commit: PageCommit) => PageCommit): Store {
  return changed(store, { commitPage: (commit, now) => store.commitPage(change(commit), now) })
}

/** Half an hour further than it has read, for the next process. */
function ahead(lanes: string): (commit: PageCommit) => PageCommit {
  return (commit) => {
    const cursors = commit.cursors.map((cursor) => {
      const { lane = commit.lane, value } = cursor
      if (!lane.startsWith(lanes) || value === null) return cursor
      const state = JSON.parse(value) as { frontier: number }
      return { ...cursor, value: JSON.stringify({ ...state, open: null, frontier: state.frontier + 1_800_000 }) }
    })
    return { ...commit, cursors }
  }
}

function cursorsOf({ cursors }: PageCommit, of: string): PageCommit['cursors'] {
  return cursors.filter(({ lane = of }) => lane === of)
}

function withoutIdentity(): (commit: PageCommit) => PageCommit {
  let counter = 1
  return (commit) => {
    const keys = commit.page.keys.map((byte, index) => byte ^ ((counter + index) * 31))
    counter++
    return { ...commit, page: { ...commit.page, keys } }
  }
}

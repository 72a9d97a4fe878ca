// A source in persistence order whose reads fail, stop in the middle and come in pages of any size.
import { z } from 'zod'
import { SourceError } from '../../src/model/errors.ts'
import type { Source, SourceKind, SourceTools } from '../../src/sources/source.ts'
import type { Seeded } from './seeded.ts'
import type { Truth } from './truth.ts'

export interface Feed {
  readonly truth: Truth
  readonly random: Seeded
  /** Probability that a read fails at a page. */
  failure: number
}

export function simSource(feed: Feed): SourceKind {
  return { type: 'sim', options: z.unknown(), everyMs: 1000, open: (_, tools) => openSimSource(feed, tools) }
}

function openSimSource(feed: Feed, tools: SourceTools): Source {
  let position: number | undefined
  return {
    async *read({ cursors }, signal) {
      position ??= Number(cursors[0]?.value ?? 0)
      while (position < feed.truth.revealed.length) {
        await tools.clock.sleep(feed.random.between(1, 300), signal)
        if (feed.random.chance(feed.failure))
          throw new SourceError(feed.random.pick(['transient', 'limited'] as const), 'the source fails')
        const draft = tools.newPage()
        const end = Math.min(position + feed.random.between(1, 30), feed.truth.revealed.length)
        for (; position < end; position++) {
          const bytes = Buffer.from(feed.truth.revealed[position] as string)
          const refusal = draft.add(bytes, 0, bytes.length)
          if (refusal) draft.quarantine(refusal, `record ${position}`, bytes)
        }
        yield { draft, cursors: [{ part: 'all', value: String(position) }] }
      }
    },
    close: () => Promise.resolve(),
  }
}

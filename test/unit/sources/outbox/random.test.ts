// A writer that does what writers and log rotation do, a reader that is killed at any moment, and an oracle that knows which
// lines survived: none of them may be lost or altered.
import fs from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Seeded } from '../../../sim/seeded.ts'
import { eventsOf, line, Workspace } from './workspace.ts'

const steps = 120
const seeds = Array.from({ length: 60 }, (_, index) => index + 1)

/** What the writer has done, and which ids the reader must have seen in the end. */
class Writer {
  readonly #work: Workspace
  readonly #next: () => number
  /** Content by id, as it was written. */
  readonly written = new Map<string, string>()
  /** Ids whose bytes were destroyed before the reader can be sure to have seen them. */
  readonly excused = new Set<string>()
  /** Ids that lie in the present content of each file name. */
  #present: string[] = []
  #held = Buffer.alloc(0)
  #rotations = 0
  #count = 0

  constructor(work: Workspace, next: () => number) {
    this.#work = work
    this.#next = next
    work.write('app.jsonl', '')
  }

  /** Whole lines, and sometimes the first part of one that is finished by a later append. */
  append(): void {
    const fresh = Array.from({ length: Math.floor(this.#next() * 4) }, () => Buffer.from(this.#line()))
    const bytes = Buffer.concat([this.#held, ...fresh])
    const cut = this.#next() < 0.3 ? Math.floor(this.#next() * bytes.length) : bytes.length
    this.#work.append('app.jsonl', bytes.subarray(0, cut))
    this.#held = bytes.subarray(cut)
  }

  finish(): void {
    this.#work.append('app.jsonl', this.#held)
    this.#held = Buffer.alloc(0)
  }

  rotate(): void {
    this.finish()
    fs.renameSync(this.#work.at('app.jsonl'), this.#work.at(`app.jsonl.${++this.#rotations}`))
    this.#present = []
    this.#work.write('app.jsonl', '')
  }

  /** Copy and truncate: what is in the copy only is gone for the reader, unless it was read before. */
  truncate(seen: ReadonlySet<string>): void {
    this.finish()
    for (const id of this.#present) if (!seen.has(id)) this.excused.add(id)
    this.#present = []
    fs.truncateSync(this.#work.at('app.jsonl'), 0)
    if (this.#next() < 0.5) this.append()
  }

  #line(): string {
    const id = `${this.#count++}-${'i'.repeat(Math.floor(this.#next() * 9))}`
    const content = line(id, { data: { text: 'ü€😀'.repeat(Math.floor(this.#next() * 40)), at: this.#count } })
    this.written.set(id, content)
    this.#present.push(id)
    return `${content}${this.#next() < 0.2 ? '\r\n' : '\n'}`
  }
}

describe('a writer, a killed reader and an oracle', () => {
  test.each(seeds)('seed %i: no line that survived is lost, none is altered, none comes twice', async (seed) => {
    using work = new Workspace()
    const random = new Seeded(seed)
    const next = (): number => random.next()
    const writer = new Writer(work, next)
    const committed = new Map<string, number>()
    const quarantined: string[] = []
    const take = async (until: number): Promise<void> => {
      let pages = 0
      for await (const page of work.pages()) {
        if (pages++ >= until) return
        work.commit(page)
        quarantined.push(...page.draft.quarantined.map(({ detail, place }) => `${place}: ${detail}`))
        for (const event of eventsOf(page.draft)) {
          const id = event['event_id'] as string
          committed.set(id, (committed.get(id) ?? 0) + 1)
          const { source: _, ...rest } = event
          expect(rest).toEqual(JSON.parse(writer.written.get(id) ?? 'null'))
        }
      }
    }
    work.open({ path: 'app.jsonl' })
    await take(Infinity)
    for (let step = 0; step < steps; step++) {
      const chance = next()
      if (chance < 0.5) writer.append()
      else if (chance < 0.58) writer.rotate()
      else if (chance < 0.62) writer.truncate(new Set(committed.keys()))
      else if (chance < 0.72) work.reopen()
      else if (chance < 0.78) {
        // Killed in mid-read: a page was read and never committed.
        await take(0)
        work.reopen()
      } else await take(Infinity)
      await work.clock.advance(next() * 500)
    }
    writer.finish()
    await take(Infinity)
    await work.clock.advance(10_000)
    await take(Infinity)
    expect(quarantined, 'no line was cut').toEqual([])
    const lost = [...writer.written.keys()].filter((id) => !committed.has(id) && !writer.excused.has(id))
    expect(lost, 'lost').toEqual([])
    expect([...committed].filter(([, count]) => count > 1)).toEqual([])
    expect(committed.size).toBeGreaterThan(steps / 8)
  })
})

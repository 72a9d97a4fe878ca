// A folder of its own for each test, an outbox opened on it, and a caller that commits what it is given.
import { sourceTools } from '../../../fakes/source-tools.ts'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Quarantined } from '../../../../src/model/page.ts'
import { Identity } from '../../../../src/model/identity.ts'
import { outbox } from '../../../../src/sources/outbox/index.ts'
import type { OutboxOptions } from '../../../../src/sources/outbox/options.ts'
import { PageDraft } from '../../../../src/sources/page-draft.ts'
import type { Source, SourceNotice, SourcePage } from '../../../../src/sources/source.ts'
import { TestClock } from '../../../fakes/test-clock.ts'

export interface Got {
  readonly events: readonly Record<string, unknown>[]
  readonly ids: readonly string[]
  readonly quarantined: readonly Quarantined[]
  readonly pages: number
  readonly cursorChanges: number
  /** The draft of the first page, for looking at columns. */
  readonly first: PageDraft | undefined
}

export class Workspace {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'outbox-'))
  readonly clock = new TestClock()
  /** What was committed. */
  readonly cursors = new Map<string, string>()
  readonly notices: SourceNotice[] = []
  source: Source | undefined
  #options: OutboxOptions | undefined;

  [Symbol.dispose](): void {
    void this.source?.close()
    fs.rmSync(this.folder, { recursive: true, force: true })
  }

  at(name: string): string {
    return path.join(this.folder, name)
  }

  write(name: string, text: string | Uint8Array): void {
    fs.mkdirSync(path.dirname(this.at(name)), { recursive: true })
    fs.writeFileSync(this.at(name), text)
  }

  append(name: string, text: string | Uint8Array): void {
    fs.appendFileSync(this.at(name), text)
  }

  /** Opens the source at the committed cursors. Options as in YAML. */
  open(options: Record<string, unknown>): Source {
    const parsed = outbox.options.parse(options)
    this.#options = outbox.settle(parsed, this.folder)
    return this.reopen()
  }

  /** As after a crash: what was not committed is forgotten. */
  reopen(): Source {
    void this.source?.close()
    this.source = outbox.open(this.#options as OutboxOptions, {
      ...sourceTools(this.clock),
      newPage: newDraft,
      notice: (notice) => this.notices.push(notice),
    })
    return this.source
  }

  /** One pull, each page committed. */
  async read(signal = new AbortController().signal): Promise<Got> {
    const pages: SourcePage[] = []
    for await (const page of this.pages(signal)) {
      pages.push(page)
      this.commit(page)
    }
    return gathered(pages)
  }

  pages(signal = new AbortController().signal): AsyncIterable<SourcePage> {
    const cursors = [...this.cursors].map(([part, value]) => ({ part, value }))
    return (this.source as Source).read({ cursors }, signal)
  }

  commit(page: SourcePage): void {
    for (const { part, value } of page.cursors)
      if (value === null) this.cursors.delete(part)
      else this.cursors.set(part, value)
  }

  /** Gives back whatever can be given back, as when everything is settled. */
  async release(): Promise<void> {
    const source = this.source as Source
    const parts = source.releasable?.() ?? []
    const forgotten = (await source.release?.(parts, new AbortController().signal)) ?? []
    for (const { part } of forgotten) this.cursors.delete(part)
  }

  codes(): string[] {
    return this.notices.map(({ level, code }) => `${level} ${code}`)
  }
}

export function newDraft(): PageDraft {
  return new PageDraft({ name: 'app', type: 'outbox' }, new Identity(Buffer.alloc(32, 7)))
}

export function eventsOf(draft: PageDraft): Record<string, unknown>[] {
  return Array.from({ length: draft.count }, (_, index) => JSON.parse(draft.json(index)) as Record<string, unknown>)
}

export function gathered(pages: readonly SourcePage[]): Got {
  const events = pages.flatMap(({ draft }) => eventsOf(draft))
  return {
    events,
    ids: events.map((event) => event['event_id'] as string),
    quarantined: pages.flatMap(({ draft }) => draft.quarantined),
    pages: pages.length,
    cursorChanges: pages.reduce((sum, page) => sum + page.cursors.length, 0),
    first: pages[0]?.draft,
  }
}

/** A canonical line without its newline. */
export function line(id: string, more: Record<string, unknown> = {}): string {
  return JSON.stringify({ event_id: id, event_type: 'user.signed_in', occurred_at: '2026-05-17T08:00:00Z', ...more })
}

export function lines(...ids: string[]): string {
  return ids.map((id) => `${line(id)}\n`).join('')
}

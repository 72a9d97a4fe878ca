// What a source is given in a test: a client for loopback, pages of its own, and a record of what it told.
import { Identity } from '../../src/model/identity.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import { sourceClient } from '../../src/polling/source-http.ts'
import { PageDraft } from '../../src/sources/page-draft.ts'
import type { SourceNotice, SourceTools } from '../../src/sources/source.ts'

export interface TestTools extends SourceTools {
  readonly notices: readonly SourceNotice[]
}

export const testIdentity = new Identity(Buffer.alloc(32, 1))

export function sourceTools(clock: Clock, { name = 'app', type = 'test' } = {}): TestTools {
  const notices: SourceNotice[] = []
  return {
    name,
    clock,
    notices,
    http: (options) => sourceClient({ timeoutMs: 10_000, ...options }),
    newPage: () => new PageDraft({ name, type }, testIdentity),
    notice: (notice) => void notices.push(notice),
  }
}

// The registry of source kinds. A new kind is a folder and one line here; the schema, the contract suite, the documentation and
// the shell completion follow.
import { http } from './http/index.ts'
import { outbox } from './outbox/index.ts'
import type { SourceKind } from './source.ts'
import { zitadel } from './zitadel/index.ts'
import { zuora } from './zuora/index.ts'

export const SOURCE_KINDS: readonly SourceKind[] = [http, outbox, zitadel, zuora]

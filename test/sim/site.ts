// A destination over its whole life as the oracle sees it: what the file said, what operators did to it, and when; never a count of the relay's.
import type { FileEntry } from './one-relay.ts'
import type { Lens } from './lenses.ts'
import type { SimReceiver } from './sim-receiver.ts'

/** What the file says of a site while it is in force. */
export interface SiteEntry extends FileEntry {
  readonly site: Site
  readonly lens: Lens
}

type What =
  | { readonly kind: 'registered'; readonly entry: SiteEntry }
  | { readonly kind: 'parked' }
  | { readonly kind: 'disabled'; readonly discard: boolean }
  | { readonly kind: 'enabled' }
  /** `dropped`: all that the relay ever counted as dropped there, with what it held. */
  | { readonly kind: 'removed'; readonly dropped: number }
  | { readonly kind: 'trimmed'; readonly tooOld: number; readonly beyond: number; readonly fate: 'dropped' | 'dead' }
  | { readonly kind: 'announced' }
  | { readonly kind: 'expired' }

/** Something that happened to a destination; events from the ordinal `seq` on came after it. `at` is monotonic, ms. */
export type Deed = What & { readonly at: number; readonly seq: number }

/** What it is at some ordinal. */
export interface Standing {
  /** Null before it began, while it is parked, and once it is removed. */
  readonly entry: SiteEntry | null
  readonly discards: boolean
  readonly begun: boolean
}

/** From a name's first appearance until it is removed by command; the same name after that is another site. */
export class Site {
  readonly receiver: SimReceiver
  readonly deeds: Deed[] = []
  /** Its name in the state; undefined before the first registration. */
  knownAs: string | undefined
  readonly names = new Set<string>()
  /** What its next line in the file says; null while it is to be left out. */
  entry: SiteEntry | null = null

  constructor(receiver: SimReceiver) {
    this.receiver = receiver
  }

  get isRemoved(): boolean {
    return this.deeds.some(({ kind }) => kind === 'removed')
  }

  get isParked(): boolean {
    return this.deeds.findLast(({ kind }) => kind === 'registered' || kind === 'parked')?.kind === 'parked'
  }

  /** As an event of this ordinal found it. */
  standingAt(seq: number): Standing {
    let standing: Standing = { entry: null, discards: false, begun: false }
    for (const deed of this.deeds) {
      if (deed.seq > seq) break
      standing = after(standing, deed)
    }
    return standing
  }

  /**
   * As it was when it next came (back) after an event that it did not get; empty when it never did. Several, when the file changed again before
   * anything else was read: it may have been led over some by each.
   */
  returnsAfter(seq: number): readonly SiteEntry[] {
    const stays = this.deeds.find((deed) => deed.seq > seq && this.standingAt(deed.seq).entry !== null)?.seq ?? Infinity
    return this.deeds.flatMap((deed) =>
      deed.kind === 'registered' && deed.seq > seq && deed.seq <= stays ? [deed.entry] : [],
    )
  }
}

function after(standing: Standing, deed: Deed): Standing {
  switch (deed.kind) {
    case 'registered':
      return { ...standing, entry: deed.entry, begun: true }
    case 'parked':
    case 'removed':
      return { ...standing, entry: null }
    case 'disabled':
      return { ...standing, discards: deed.discard }
    case 'enabled':
      return { ...standing, discards: false }
    default:
      return standing
  }
}

// Filters, each written down a second time.
import type { FilterSpec } from '../../src/filters/schema.ts'

export interface Lens {
  readonly filter: FilterSpec
  readonly passes: (event: { readonly type: string; readonly outcome?: string | undefined }) => boolean
}

const everything: Lens = { filter: {}, passes: () => true }

export const lenses: readonly Lens[] = [
  everything,
  { filter: { outcome: 'failure' }, passes: ({ outcome }) => outcome === 'failure' },
  {
    filter: { types: ['auth.*', 'security.*', 'audit.*'] },
    passes: ({ type }) => type.startsWith('auth.') || type.startsWith('security.') || type.startsWith('audit.'),
  },
]

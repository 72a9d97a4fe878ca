// Whoever tests a collector is told what to check in Splunk, for every answer that a set-up can give.
import { describe, expect, it } from 'vitest'
import { CODES } from '../../../../src/destinations/splunk-hec/codes.ts'
import { splunkHec } from '../../../../src/destinations/splunk-hec/index.ts'

const hintsFor = (code: string): readonly string[] => splunkHec.hints?.({ code, text: '' }) ?? []

describe('hints', () => {
  it.each(CODES.map((code, number) => [number, code.is] as const))('for the number %d, which is %s', (number, is) => {
    const wanted = is === 'setup' || is === 'busy'
    expect(hintsFor(`hec_${number}`).length > 0).toBe(wanted)
  })

  it.each(['not_hec', 'http_404', 'ack_timeout', 'ack_missing'])('for %s', (code) => {
    expect(hintsFor(code)).not.toEqual([])
  })

  it('none where the general advice will do', () => {
    for (const code of ['timeout', 'tls', 'http_413', 'http_503']) expect(hintsFor(code)).toEqual([])
  })
})

// What becomes of each sample event in each format, byte for byte. A change here is a change of what receivers see: review it.
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { dressing, FORMATS } from '../../src/formats/format.ts'
import { batchOf } from '../fakes/batches.ts'
import { SAMPLES } from '../unit/formats/samples.ts'

const names = Object.keys(SAMPLES)
const batch = batchOf(Object.values(SAMPLES))

it.each(FORMATS.filter((format) => format !== 'canonical'))('%s', async (format) => {
  const dress = dressing(format, null)
  const texts = batch.events.map((event, index) => {
    const written = dress.write(event, 'siem')
    return `${names[index]}\n${Buffer.from(written ?? '').toString()}\n`
  })
  await expect(texts.join('\n')).toMatchFileSnapshot(join(import.meta.dirname, 'formats', `${format}.txt`))
})

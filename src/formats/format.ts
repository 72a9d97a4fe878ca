// The forms in which a destination can have its events. What a form changes is the wrapper: every value of the event is in it.
import type { BatchEvent, Dress } from '../model/batch.ts'
import { streamOf } from '../model/stream.ts'
import { cloudeventsWriter } from './cloudevents.ts'
import { ecsWriter } from './ecs.ts'
import { ocsfWriter } from './ocsf.ts'
import type { Redaction } from './redaction.ts'
import { EventView, type Write } from './view.ts'

export const FORMATS = ['canonical', 'ocsf', 'ecs', 'cloudevents'] as const
export type Format = (typeof FORMATS)[number]

const WRITERS: Readonly<Record<Exclude<Format, 'canonical'>, () => Write>> = {
  ocsf: ocsfWriter,
  ecs: ecsWriter,
  cloudevents: cloudeventsWriter,
}

/** What is redacted is gone before the form is made. */
export function dressing(format: Format, redaction: Redaction | null): Dress {
  if (format === 'canonical') return { complete: false, write: (event) => bare(event, redaction) }
  const view = new EventView()
  const write = WRITERS[format]()
  const streamText = streams()
  return {
    complete: true,
    write: (event, destination) => {
      const bytes = bare(event, redaction)
      if (!bytes || !view.read(bytes, 0, bytes.length)) return undefined
      const about = { timeMs: event.timeMs, stream: streamText(event, destination) }
      return Buffer.from(write(view, about), 'latin1')
    },
  }
}

function bare({ bytes, start, end }: BatchEvent, redaction: Redaction | null): Uint8Array | undefined {
  return redaction ? redaction.apply(bytes, start, end) : bytes.subarray(start, end)
}

/** Nearly always the same text serves the whole batch. */
function streams(): (event: BatchEvent, destination: string) => string {
  let [key, text] = ['', '']
  return (event, destination) => {
    const wanted = `${event.attempt} ${event.tags} ${event.firstAttemptedAt} ${destination}`
    if (wanted !== key) {
      text = Buffer.from(JSON.stringify(streamOf(destination, event))).toString('latin1')
      key = wanted
    }
    return text
  }
}

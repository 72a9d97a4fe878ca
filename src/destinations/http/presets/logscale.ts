// CrowdStrike Falcon LogScale, and connectors of Falcon Next-Gen SIEM that have an address of the same kind. "Ingesting with HTTP Event
// Collector (HEC)", "Limits and Standards".
import type { HttpFile } from '../schema.ts'

export const logscale: HttpFile = {
  auth: { header: 'authorization', prefix: 'Bearer ' },
  body: {
    form: 'template',
    // Objects with white space between. A time with a fraction is read as seconds and milliseconds.
    template: {
      event: '{"time":{{occurred_at_s}},"source":{{source}},"event":{{event}}}',
      batch: '{{events}}',
      separator: '\n',
    },
  },
  batch: 1_000,
  max_bytes: '1MiB',
  // "Max event size": 1 MB; fields of a larger event are removed, and its text is cut.
  max_event_bytes: '990000B',
  success: { status: [200] },
}

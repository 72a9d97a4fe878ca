// New Relic, Log API. "Send your logging data with our Log API", "Log event data".
import type { HttpFile } from '../schema.ts'

export const newRelic: HttpFile = {
  // Of the United States. The European Union has log-api.eu.newrelic.com, FedRAMP gov-log-api.newrelic.com.
  url: 'https://log-api.newrelic.com/log/v1',
  auth: { header: 'api-key', prefix: '' },
  // Attributes of every log.
  values: { logtype: 'audit-relay' },
  body: {
    form: 'template',
    template: {
      // A message that is JSON becomes attributes there, 255 at most.
      event: '{"timestamp":{{occurred_at_ms}},"message":{{event_json_string}}}',
      batch: '[{"common":{"attributes":{{values}}},"logs":[{{events}}]}]',
      separator: ',',
    },
  },
  gzip: true,
  batch: 1_000,
  // 10^6 bytes a request, counted after compression: this keeps it even where nothing can be compressed.
  max_bytes: '976KiB',
  // An attribute keeps 128 KB; what is beyond is cut.
  max_event_bytes: '128000B',
  // "Payloads with timestamps older than 48 hours may be dropped", and the answer was 202 by then.
  max_age: '47h',
  old_events: 'send',
  success: { status: [202] },
}

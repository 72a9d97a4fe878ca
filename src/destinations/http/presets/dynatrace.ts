// Dynatrace, Log ingestion API. "Log Monitoring API v2 - POST ingest logs", "Log Management and Analytics default limits", "Log
// ingestion drop reasons".
import type { HttpFile } from '../schema.ts'

export const dynatrace: HttpFile = {
  auth: { header: 'authorization', prefix: 'Api-Token ' },
  values: { log_source: 'audit-relay' },
  body: {
    form: 'template',
    template: {
      event:
        '{"timestamp":{{occurred_at}},"content":{{event_json_string}},"log.source":{{value.log_source}},"audit.event_id":{{event_id}},"audit.event_type":{{event_type}}}',
      batch: '[{{events}}]',
      separator: ',',
    },
    content_type: 'application/json; charset=utf-8',
  },
  // 50,000 records and 10 MB a request.
  batch: 1_000,
  max_bytes: '4MiB',
  // Content has 10 MB, but 512 kB where logs go the way of the classic pipeline.
  max_event_bytes: '512000B',
  // "timestamps_out_of_range": one older log refuses its whole request.
  max_age: '23h',
  old_events: 'send',
  success: { status: [204] },
  rules: [
    {
      // "Only a part of input events were ingested", and which is not said.
      status: [200],
      verdict: 'reject',
      code: 'partly_taken',
      advice: 'a part was taken: halves are sent until the rest is found, so that some may be there twice',
    },
    { status: [400], body_contains: 'timestamp', verdict: 'reject', code: 'too_old' },
  ],
}

// Grafana Loki and Grafana Cloud Logs. "HTTP API, Ingest logs", "Enforce rate limits and push request validation".
import type { HttpFile } from '../schema.ts'

export const loki: HttpFile = {
  // Labels: few, and the same for all events, because each combination of labels is a stream of its own.
  values: { service_name: 'audit-relay' },
  body: {
    form: 'template',
    template: {
      event: '["{{occurred_at_ns}}",{{event_json_string}}]',
      batch: '{"streams":[{"stream":{{values}},"values":[{{events}}]}]}',
      separator: ',',
    },
    // Loki stores one entry of a stream with the same time and the same line once: a line must not differ between two attempts.
    stream: false,
  },
  batch: 1_000,
  max_bytes: '1MiB',
  // max_line_size, where nobody changed it; Loki refuses a longer line, or cuts it where it is told so.
  max_event_bytes: '256KiB',
  success: { status: [204] },
  rules: [
    // What is not too old in the same request is stored. It comes again with a half of the request, and Loki has it already.
    { status: [400], body_contains: 'entry too far behind', verdict: 'reject', code: 'too_old' },
    { status: [400], body_contains: 'timestamp too old', verdict: 'reject', code: 'too_old' },
    { status: [400], body_contains: 'timestamp too new', verdict: 'reject', code: 'too_new' },
    { status: [400], body_contains: 'max entry size', verdict: 'reject', code: 'too_large' },
    { status: ['5xx'], body_contains: 'message larger than max', verdict: 'split', code: 'http_413' },
  ],
}

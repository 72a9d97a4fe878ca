// Google SecOps, Chronicle API. "Method: logs.import".
import type { HttpFile } from '../schema.ts'

export const googleSecops: HttpFile = {
  auth: { scope: 'https://www.googleapis.com/auth/cloud-platform' },
  body: {
    form: 'template',
    template: {
      event: '{"data":{{base64_event}},"logEntryTime":{{occurred_at}}}',
      batch: '{"inlineSource":{"logs":[{{events}}]}}',
      separator: ',',
    },
  },
  batch: 1_000,
  // The limit of the older API, which every request keeps.
  max_bytes: '976KiB',
  success: { status: [200] },
}

// The engine that reads what this kind describes: that of the kind `http`. Nothing else of this folder knows a sibling.
// oxlint-disable-next-line no-restricted-imports -- Zuora is described in the words of `http`; an engine of its own would be a copy
export { http, httpFile, over } from '../http/index.ts'

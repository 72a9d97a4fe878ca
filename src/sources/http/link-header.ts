// The Link header (RFC 8288), as far as paging needs it.

const link =
  /<([^<>]{0,8192})>((?:\s*;\s*[A-Za-z0-9*_-]{1,40}\s*(?:=\s*(?:"(?:[^"\\]|\\.){0,1024}"|[^\s",;]{1,1024}))?){0,20})/gu
const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))/iu

/** The address that is called `next`; undefined when there is none. Several headers come joined with commas. */
export function nextLink(header: string): string | undefined {
  for (const [, address, parameters = ''] of header.matchAll(link)) {
    const [, quoted, bare] = relation.exec(parameters) ?? []
    if ((quoted ?? bare ?? '').toLowerCase().split(/\s+/u).includes('next')) return address
  }
  return undefined
}

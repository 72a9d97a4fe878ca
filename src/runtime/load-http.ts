// Loads what the HTTP client otherwise loads at its first request, for whoever wants to time that request.

/** Resolves when a first request has nothing left to load. */
export async function loadHttp(): Promise<void> {
  await import('undici')
}
